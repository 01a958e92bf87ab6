"""Myna over HTTP: the only room with `async` in it.

Where to look, in the order of a request:

- `server.py` runs the app of `app.py`; `service.py` is everything one server is made of.
- `gate.py` names a request and bounds its body, `auth.py` says who calls, `rates.py` how often they
  may. Why they are refused is in `refusals.py`, how that is told in `errors.py`.
- `routes/` is the native interface, `dialects/` those of others, `page/` the web page. A route is
  given a `call.py`; `references.py` finds files that clients name by path, `conversation.py` speaks
  several utterances over one connection.
- `stage.py` is the bridge to engines: `places.py` says how many are served at once, `turns.py` who
  comes next.
- `frames.py` makes bytes of chunks, `responses.py` sends them; `metrics.py` counts.
"""
