"""Forward connections from one address to another: `relay.py HERE THERE`.

An address is a port or the path of a Unix socket. Containers cannot reach the emulator, which
listens on 127.0.0.1, but they can use a socket in a folder that they share with this machine.
"""

import asyncio
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


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


asyncio.run(relay(*sys.argv[1:]))
