"""The executable that is shipped: its size, what it needs of a system, and its help as JSON, which Sources/Essentials writes.

    python conformance/executable.py
"""
import json, os, re, subprocess, sys
from kinglet import KINGLET

LIMIT = 16_000_000
SYSTEM = {"libc.so.6", "libm.so.6", "libgcc_s.so.1"}


def output(*command): return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def names(command): return [inner["commandName"] for inner in command.get("subcommands", [])]


def main():
    bad = []
    size = os.path.getsize(KINGLET)
    if size >= LIMIT: bad.append(f"{size} bytes, {LIMIT} are allowed")
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", KINGLET)))
    if not needed <= SYSTEM | {"ld-linux-x86-64.so.2"}: bad.append(f"needs {', '.join(sorted(needed - SYSTEM))}")
    help_text = json.loads(output(KINGLET, "--experimental-dump-help"))["command"]
    listed = re.findall(r"^  ([a-z]+) ", output(KINGLET, "--help").split("SUBCOMMANDS:")[1], re.M)
    if [n for n in names(help_text) if n != "help"] != listed: bad.append(f"help as JSON has {names(help_text)}, as text {listed}")
    print(f"executable: {size} bytes, needs {', '.join(sorted(needed))}, {len(listed)} commands")
    for line in bad: print(f"executable: WRONG: {line}")
    sys.exit(bool(bad))


if __name__ == "__main__": main()
