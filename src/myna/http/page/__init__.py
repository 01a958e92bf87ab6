"""The web page that people open first: plain modules and styles, sent as they are."""
