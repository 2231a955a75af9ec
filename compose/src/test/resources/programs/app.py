def app(environ, start_response):
    body = b"ok\n" if environ["PATH_INFO"] == "/health" else b"gunicorn\n"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
