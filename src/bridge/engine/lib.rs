//! The engine: runs the WSGI application in the worker process.
