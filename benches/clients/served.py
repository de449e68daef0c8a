"""The servers that are compared, and what the system says of one: its processor time and its memory."""
import contextlib
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf("SC_CLK_TCK")
WAITRESS = "waitress, one thread"


def commands(program, deployments):
    """What starts each server, by its name in the tables."""
    def bridge(name):
        return [program, "serve", os.path.join(deployments, name, "bridge"), "--port", "0", "--user", "CORP\\user1"]

    return {
        "bridge": bridge("bench-kallithea"),
        "bridge, `staticFiles: application`": bridge("bench-application"),
        WAITRESS: [sys.executable, os.path.join(HERE, "serve.py"), os.path.join(deployments, "bench-kallithea/my.ini")],
    }


def turns(names, rounds):
    """The names in turn: a round in their order, the next one backwards."""
    return [name for number in range(rounds) for name in (names if number % 2 == 0 else names[::-1])]


class Server:
    """A running server."""

    def __init__(self, process, port):
        self.pid, self.port = process.pid, port
        self.address = "http://127.0.0.1:%d/" % port

    def processor(self):
        """Seconds of processor time of the server and of its ended children, in user and system mode (proc_pid_stat(5))."""
        with open("/proc/%d/stat" % self.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def memory(self, name="VmRSS"):
        """MiB in memory; VmHWM is the most since `forget_peak`."""
        with open("/proc/%d/status" % self.pid) as file:
            return int(re.search(name + r":\s+(\d+)", file.read()).group(1)) / 1024

    def forget_peak(self):
        with open("/proc/%d/clear_refs" % self.pid, "w") as file:
            file.write("5")


@contextlib.contextmanager
def running(command):
    """Starts a server, and ends it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            # Kallithea's log may come before the address.
            for line in process.stdout:
                if address := re.match(r"http://127.0.0.1:(\d+)/", line):
                    break
            else:
                sys.exit("%s has not started" % command)
            yield Server(process, int(address.group(1)))
        finally:
            process.terminate()


def table(servers, found):
    """A table with a column for each server; `found` has a list of measurements for each, and a measurement a figure for each row."""
    print("| | %s |" % " | ".join(servers))
    print("|---|%s" % ("--:|" * len(servers)))
    for row in found[servers[0]][0]:
        print("| %s | %s |" % (row, " | ".join(cell(sorted(one[row] for one in found[name])) for name in servers)))


def cell(figures):
    """The median, and the range where there is one."""
    median, least, most = map(shown, (figures[len(figures) // 2], figures[0], figures[-1]))
    return median if least == most else "%s (%s to %s)" % (median, least, most)


def shown(figure):
    return "%.*f" % (0 if figure >= 100 or figure == int(figure) else 1 if figure >= 10 else 2, figure)
