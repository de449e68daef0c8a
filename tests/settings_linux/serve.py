"""Kallithea behind the web server that it comes with: serve.py INI. Prints its address and serves until it is ended."""
import sys

import paste.deploy
import waitress

server = waitress.create_server(paste.deploy.loadapp("config:" + sys.argv[1]), host="127.0.0.1", port=0)
print("127.0.0.1:%s" % server.effective_port, flush=True)
server.run()
