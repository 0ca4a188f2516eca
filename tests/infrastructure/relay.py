"""Let containers reach the emulator, which listens on 127.0.0.1: `relay.py HERE THERE`.

An address is a port or the path of a Unix socket. One copy of this program runs in a container,
another on this machine; they meet at a socket in a folder that both see.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from subprocess import Popen


@contextmanager
def relayed(folder: Path, port: int) -> Iterator[str]:
    """Yield an address at which containers reach a port of this machine."""
    from predictive_lambda.local.image import MODEL, docker  # which the container does not have

    name, program = f"predictive-lambda-relay-{os.getpid()}", Path(__file__)
    base = (MODEL / "Dockerfile").read_text().partition("\nFROM ")[2].split()[0]
    here = Popen([sys.executable, program, str(folder / "socket"), str(port)])
    try:
        shared = ("--volume", f"{folder}:/shared", "--volume", f"{program}:/relay.py:ro")
        python = ("--entrypoint", "/var/lang/bin/python3", base, "/relay.py")
        docker("run", "--detach", "--name", name, *shared, *python, str(port), "/shared/socket")
        address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        yield docker("inspect", "--format", address, name).strip()
    finally:
        here.terminate()
        here.wait()
        docker("rm", "--force", "--volumes", name)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer), suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


async def relay(here: str, there: str) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if there.isdigit():
            other, onward = await asyncio.open_connection("127.0.0.1", int(there))
        else:
            other, onward = await asyncio.open_unix_connection(there)
        await asyncio.gather(pump(reader, onward), pump(other, writer))

    if here.isdigit():
        server: asyncio.Server = await asyncio.start_server(connected, port=int(here))
    else:
        server = await asyncio.start_unix_server(connected, here)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(relay(*sys.argv[1:]))
