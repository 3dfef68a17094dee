"""Run one function once.

The steps are those of azure_functions_runtime.native_invocation, the runtime's path without protobuf; only
the app's exception is kept as itself, because activities hand its type and message on.
"""

import asyncio
import contextlib
import contextvars
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

from azure_functions_runtime import native_invocation as native
from azure_functions_runtime.utils.executor import invocation_id_cv, run_sync_func
from azure_functions_runtime.utils.threadpool import get_threadpool_executor, start_threadpool_executor

from sandbox.host.index import Function
from sandbox.host.logs import current_invocation


class Invoker:
    """Runs functions and knows how many are running."""

    def __init__(self, client_payload: str | None = None) -> None:
        """client_payload: what a durableClient binding receives; None where no durable backend is there."""
        start_threadpool_executor()
        self.client_payload = client_payload
        self.running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._loggers: dict[str, logging.Logger] = {}

    async def run(
        self,
        function: Function,
        trigger_input: Any,
        metadata: Mapping[str, Any] | None = None,
        trace_parent: str = "",
    ) -> tuple[Any, list[tuple[str, Any]]]:
        """Call the function; return its (return value, [(output name, value)]) as Datum.

        Raises: whatever the function raises; TypeError, ValueError when an argument or result does not fit.
        """
        invocation_id = str(uuid.uuid4())
        token = current_invocation.set((invocation_id, function.name))
        self.running += 1
        self._idle.clear()
        started = time.perf_counter()
        status = "Cancelled"
        try:
            result = await self._call(function, invocation_id, trigger_input, metadata or {}, trace_parent)
            status = "Succeeded"
            return result
        except Exception:
            status = "Failed"
            self._logger(function.name).exception("Unhandled exception")
            raise
        finally:
            self.running -= 1
            if not self.running:
                self._idle.set()
            logger = self._logger(function.name)
            if logger.isEnabledFor(logging.INFO):
                duration_ms = round((time.perf_counter() - started) * 1000, 2)
                logger.info("Executed", extra={"facts": {"status": status, "duration_ms": duration_ms}})
            current_invocation.reset(token)

    async def _call(
        self,
        function: Function,
        invocation_id: str,
        trigger_input: Any,
        metadata: Mapping[str, Any],
        trace_parent: str,
    ) -> tuple[Any, list[tuple[str, Any]]]:
        info = function.info
        inputs = [(function.trigger["name"], trigger_input), *self._clients(function)]
        arguments = native._decode_inputs(info, inputs, metadata)
        context = native._prepare_context(info, invocation_id, arguments, trace_parent)
        if info.is_async:
            context.thread_local_storage.invocation_id = invocation_id
            token = invocation_id_cv.set(invocation_id)
            try:
                returned = await info.func(**arguments)
            finally:
                invocation_id_cv.reset(token)
        else:
            run = contextvars.copy_context().run
            returned = await asyncio.get_running_loop().run_in_executor(
                get_threadpool_executor(), run, run_sync_func, invocation_id, context, info.func, arguments
            )
        native._check_return(info, returned)
        return native._encode_return(info, returned), native._collect_output(info, arguments)

    def _clients(self, function: Function) -> list[tuple[str, Any]]:
        from azure.functions.meta import Datum

        return [
            (binding["name"], Datum(self.client_payload, "string"))
            for binding in function.bindings
            if binding["type"] == "durableClient"
        ]

    def _logger(self, name: str) -> logging.Logger:
        if name not in self._loggers:
            self._loggers[name] = logging.getLogger(f"Function.{name}")
        return self._loggers[name]

    async def drain(self, grace_s: float) -> None:
        """Wait until nothing runs, at most grace_s."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await self._idle.wait()
