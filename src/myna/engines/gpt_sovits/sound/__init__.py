"""From semantic tokens to sound: VITS of v1 to v2ProPlus, flow matching and vocoders of v3, v4."""
