"""Stand-ins for the protobuf classes Azure's host and Python worker talk with.

azure-functions-runtime takes them from its caller and only reads and makes attributes; these few are what
indexing touches. Invocations need none: the runtime has a path without protobuf.
"""

from types import SimpleNamespace


class BindingInfo(SimpleNamespace):
    """Values as in FunctionRpc.proto: direction and data type of a binding."""

    in_, out, inout = range(3)
    undefined, string, binary, stream = range(4)


class RpcFunctionMetadata(SimpleNamespace):
    """What the worker tells the host about one function."""


class RpcRetryOptions(SimpleNamespace):
    """A function's retry policy."""


PROTOS = SimpleNamespace(
    BindingInfo=BindingInfo, RpcFunctionMetadata=RpcFunctionMetadata, RpcRetryOptions=RpcRetryOptions
)
