"""Azure Blob Storage: the events on their way to the warehouse, and documents such as postmortems.

Callers are activities and shared.loading. The SDK is imported when the first store is built.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from shared.clients.blob_errors import call

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import ContainerClient

TIMEOUT_S = 10.0
RETRIES = 2
_NO_BLOB, _NO_CONTAINER = "BlobNotFound", "ContainerNotFound"


def blob_store(
    container: str,
    *,
    connection_string: str = "",
    service_uri: str = "",
    credential: "AsyncTokenCredential | None" = None,
    timeout_s: float = TIMEOUT_S,
    retries: int = RETRIES,
) -> "BlobStore":
    """A store in `container`, reached by a connection string or by service address and identity.

    Through a proxy where the environment names one.

    timeout_s: to connect, and between two pieces of an answer. retries: of the SDK, about a second apart.
    """
    from urllib.request import getproxies_environment

    from azure.storage.blob.aio import BlobServiceClient, LinearRetry

    options: dict[str, Any] = {
        # Else a proxy and a .netrc are looked for in threads at every request: a quarter of a small read's time.
        "use_env_settings": bool(getproxies_environment()),
        "connection_timeout": timeout_s,
        "read_timeout": timeout_s,
        "retry_policy": LinearRetry(backoff=1, retry_total=retries, random_jitter_range=1),
    }
    service = (
        BlobServiceClient.from_connection_string(connection_string, **options)
        if connection_string
        else BlobServiceClient(service_uri, credential=credential, **options)
    )
    return BlobStore(service.get_container_client(container), service.close)


class BlobStore:
    """The blobs of one container, made on the first write when it is missing.

    Every method raises VendorUnavailable (try later; OutcomeUnknown where a write was sent and no answer
    came) or VendorRefused (do not). `client` is a ContainerClient of azure-storage-blob's aio package.
    """

    def __init__(self, client: "ContainerClient", close: Callable[[], Awaitable[None]] | None = None) -> None:
        self._client = client
        self._close = close or client.close

    async def put(
        self,
        name: str,
        data: bytes | str,
        content_type: str = "application/octet-stream",
        overwrite: bool = True,
    ) -> None:
        """Store `data` under `name`. With overwrite=False an existing blob is VendorRefused, status 409."""
        await self._write("put", name, data, content_type, {}, overwrite=overwrite)

    async def put_once(
        self, name: str, data: bytes | str, content_type: str = "application/octet-stream"
    ) -> bool:
        """Store `data` unless the name is taken: True when stored now, False when something is there.

        Never sent twice: after a lost reply a second try would take our own blob for another's.
        """
        return await self._write(
            "put_once", name, data, content_type, {"BlobAlreadyExists": False}, overwrite=False, retry_total=0
        )

    async def get(self, name: str) -> bytes | None:
        """The blob's content, None when there is no such blob."""

        async def download() -> bytes:
            stream = await self._client.download_blob(name)
            return await stream.readall()

        return await call("get", download(), {_NO_BLOB: None, _NO_CONTAINER: None})

    async def get_with_etag(self, name: str) -> tuple[bytes, str] | None:
        """The blob's content and the tag of this version of it (for `replace`), None when there is no such blob."""

        async def download() -> tuple[bytes, str]:
            stream = await self._client.download_blob(name)
            return await stream.readall(), str(stream.properties.etag)

        return await call("get_with_etag", download(), {_NO_BLOB: None, _NO_CONTAINER: None})

    async def replace(self, name: str, data: bytes | str, content_type: str, etag: str) -> bool:
        """Store `data` where the blob still is the version of `etag`: False when it changed or went meanwhile.

        Never sent twice: after a lost reply a second try would take our own version for another's.
        """
        from azure.core import MatchConditions

        return await self._write(
            "replace",
            name,
            data,
            content_type,
            {"ConditionNotMet": False, _NO_BLOB: False},
            overwrite=True,
            etag=etag,
            match_condition=MatchConditions.IfNotModified,
            retry_total=0,
        )

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """Names that begin with `prefix`, in order."""
        pages = self._client.list_blobs(name_starts_with=prefix).by_page()
        while True:
            page = await call("names", _next_page(pages), {_NO_CONTAINER: None})
            if page is None:
                return
            for name in page:
                yield name

    async def delete(self, name: str) -> bool:
        """Delete a blob: True when it was there."""

        async def remove() -> bool:
            await self._client.delete_blob(name)
            return True

        return await call("delete", remove(), {_NO_BLOB: False, _NO_CONTAINER: False}, writes=True)

    async def move(self, name: str, new_name: str, content_type: str = "application/octet-stream") -> bool:
        """Give a blob another name: True when it was there. Interrupted and repeated, it ends the same."""
        data = await self.get(name)
        if data is None:
            return False
        await self.put(new_name, data, content_type)
        await self.delete(name)
        return True

    def url(self, name: str) -> str:
        """The blob's address, without any right to read it."""
        return str(self._client.get_blob_client(name).url.split("?", 1)[0])

    async def ping(self) -> None:
        """Return when the storage answers us, whether or not the container exists yet."""
        await call("ping", self._client.exists(), {})

    async def close(self) -> None:
        """Give the connections back."""
        await self._close()

    async def _write(
        self,
        operation: str,
        name: str,
        data: bytes | str,
        content_type: str,
        answers: dict[str, bool],
        **options: Any,
    ) -> bool:
        from azure.storage.blob import ContentSettings

        settings = ContentSettings(content_type=content_type)

        async def upload() -> bool:
            await self._client.upload_blob(name, data, content_settings=settings, **options)
            return True

        async def create_container() -> None:
            await self._client.create_container()

        stored = await call(operation, upload(), {**answers, _NO_CONTAINER: None}, writes=True)
        if stored is not None:
            return stored
        await call("create_container", create_container(), {"ContainerAlreadyExists": None}, writes=True)
        return await call(operation, upload(), answers, writes=True)


async def _next_page(pages: Any) -> list[str] | None:
    try:
        return [blob.name async for blob in await anext(pages)]
    except StopAsyncIteration:
        return None
