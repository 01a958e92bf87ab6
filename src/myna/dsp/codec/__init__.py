"""Files and streams of sound: the only place that knows their formats."""

from myna.dsp.codec.arriving import StreamDecoder
from myna.dsp.codec.decoding import decode, load_audio
from myna.dsp.codec.encoding import Encoder, encode_file, save_audio
from myna.dsp.codec.formats import AudioFormat
from myna.dsp.codec.native import NativeAudio, decode_native, encode_native

__all__ = [
    "AudioFormat",
    "Encoder",
    "NativeAudio",
    "StreamDecoder",
    "decode",
    "decode_native",
    "encode_file",
    "encode_native",
    "load_audio",
    "save_audio",
]
