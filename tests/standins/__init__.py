"""The markets on loopback: servers that speak the venues' own wire formats.

`Internet` is a CONNECT proxy and a TLS server with a CA of its own; real clients
reach real host names through it with nothing but the settings that a user behind a
company proxy needs (HTTPS_PROXY and SSL_CERT_FILE, or [network] in the config).
"""
