"""How numbers, dates, money, units and other signs are said, language by language."""
