"""The operations that run over one socket, each under the id that its client gave it.

What has begun is never interrupted in the database, whether its client loses interest or is gone: it comes to its end
as it would over HTTP, and nobody is told. So what is done is never a matter of when somebody disconnects.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from graphql import GraphQLError

from server.graphql_errors import disguised
from server.graphql_execution import Answer
from server.operation_answers import OperationAnswers, Running
from server.refusals import RefusalCode
from server.websocket_messages import CloseCode, SocketClosedError, Subscribe, completion, refusal, result


class Operations:
    """What runs for one client."""

    def __init__(
        self,
        answers: OperationAnswers,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[SocketClosedError], None],
        most: int,
    ) -> None:
        """`close` has the socket closed soon; operations cannot do it themselves while they run."""
        self._answers = answers
        self._send = send
        self._close = close
        self._most = most
        self._running: dict[str, Running] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs."""
        return not self._tasks

    async def start(self, asked: Subscribe) -> None:
        """Run an operation. Raises SocketClosedError when its id is in use."""
        if asked.id in self._running:
            raise SocketClosedError(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {asked.id} already exists")
        if len(self._tasks) >= self._most:
            await self._send(refusal(asked.id, [_too_many(self._most)]))
            return
        self._running[asked.id] = running = Running()
        task = asyncio.create_task(self._run(asked, running))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, operation: str) -> None:
        """Tell the client no more of it; without such an operation there is nothing to stop."""
        running = self._running.pop(operation, None)
        if running is not None:
            running.stop()

    async def finish(self) -> None:
        """Stop everything, and wait until it has come to its end."""
        for operation in list(self._running):
            self.stop(operation)
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, asked: Subscribe, running: Running) -> None:
        try:
            await self._tell_all(asked, running)
        except SocketClosedError as end:
            self._close(end)
        except Exception as unexpected:  # noqa: BLE001 - the edge, where every error becomes an answer
            await self._refuse(asked, running, Answer([disguised(unexpected)]))

    async def _tell_all(self, asked: Subscribe, running: Running) -> None:
        async with aclosing(self._answers.to(asked.request, running)) as answers:
            async for answer in answers:
                if not answer.is_executed:
                    await self._refuse(asked, running, answer)
                    return
                if running.is_wanted:
                    await self._send(result(asked.id, answer.body()))
        if running.is_wanted:
            self.stop(asked.id)
            await self._send(completion(asked.id))

    async def _refuse(self, asked: Subscribe, running: Running, answer: Answer) -> None:
        if running.is_wanted:
            self.stop(asked.id)
            await self._send(refusal(asked.id, answer.errors))


def _too_many(most: int) -> GraphQLError:
    message = f"{most} operations run over this socket, and no more may. Complete one of them first."
    return GraphQLError(message, extensions={"code": RefusalCode.TOO_MANY_OPERATIONS.value})
