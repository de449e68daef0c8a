"""Checks that os.environ keeps its promises under the bridge's modules, which are in the same folder as this file. Ends with an
exception if it does not."""
import os
import subprocess
import sys
import threading

import kallithea_bridge_adjustments as adjustments
import kallithea_bridge_threads

NAME = "KALLITHEA_EXTRAS"
ERROR_INTERNAL_ERROR = 1359  # CreateProcess returns this error then; no Windows does so for a program that exists
ASK = [sys.executable, "-c", "import os; print(os.environ.get('KALLITHEA_EXTRAS'))"]


def main():
    os.environ[NAME] = "left by somebody"
    environment = os.environ
    kallithea_bridge_threads.separate_threads()
    assert os.environ is environment
    own_value()
    others()
    subprocesses()
    the_end_of_a_request()


def own_value():
    size = len(os.environ)
    assert os.environ.get(NAME) is None and NAME not in os.environ and NAME not in list(os.environ)
    os.environ[NAME] = "mine"
    assert os.environ[NAME] == os.getenv(NAME) == os.environ.copy()[NAME] == dict(os.environ.items())[NAME] == "mine"
    assert (os.environ | {})[NAME] == "mine"
    assert NAME in os.environ and list(os.environ).count(NAME) == 1 and len(os.environ) == size + 1
    if os.name == "nt":
        assert os.environ["kallithea_extras"] == "mine"
    else:
        assert os.environb[NAME.encode()] == os.getenvb(NAME.encode()) == b"mine"
        os.environb[NAME.encode()] = b"still mine"
        assert os.environ[NAME] == "still mine" and "kallithea_extras" not in os.environ
    assert os.environ.pop(NAME) and NAME not in os.environ and len(os.environ) == size
    try:
        del os.environ[NAME]
    except KeyError as error:
        assert error.args == (NAME,)
    else:
        raise AssertionError("what is not there was deleted")


def others():
    """Eight threads at the same time, each with its own value, and the variables that all threads share."""
    turn = threading.Barrier(8)
    found = []

    def work(number):
        assert NAME not in os.environ
        os.environ[NAME] = str(number)
        os.environ["TEST_%d" % number] = "everybody's"
        turn.wait()
        found.append(os.environ[NAME] == dict(os.environ)[NAME] == str(number) and all(
            os.environ["TEST_%d" % other] == "everybody's" for other in range(8)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8, found
    assert NAME not in os.environ


def subprocesses():
    """The variables that programs inherit, with and without an environment of their own."""
    assert said() == said(env=None) == said(env=dict(os.environ)) == "None"
    os.environ[NAME] = "mine"
    assert said() == said(env=None) == said(env=os.environ) == said(env=dict(os.environ)) == "mine"
    assert said(env={key: value for key, value in os.environ.items() if key != NAME}) == "None"


def said(**options):
    """The output of a subprocess. It is started again if Wine 8 ends it before it has begun, which happens sometimes."""
    try:
        return ask(**options)
    except OSError as error:
        if getattr(error, "winerror", None) != ERROR_INTERNAL_ERROR:
            raise
        print("Wine ended a subprocess before it had begun, which is begun again: %s" % error, file=sys.stderr)
        return ask(**options)


def ask(**options):
    return subprocess.run(ASK, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, **options).stdout.decode().strip()


def the_end_of_a_request():
    """The next request on a thread finds nothing of the last one, however that ended."""
    import kallithea  # without which nothing is adjusted

    application = adjustments.adjusted(lambda environ, start_response: [os.environ.get(NAME)])
    os.environ[NAME] = "the last request's"
    assert application({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, None) == [None]


main()
