"""An upload that is never on disk: held in memory up to the limit, and past it not held at all."""

import io
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

MEGABYTES = 20
LIMIT = MEGABYTES * 1024 * 1024


class MemoryHandler(FileUploadHandler):
    """For one file of at most LIMIT bytes; `too_large` says whether one was larger and dropped.

    Told by the request's length before a byte is kept, else as soon as the limit is passed.
    """

    too_large = False
    # What the form's other fields may take of a request.
    BESIDE = 64 * 1024

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803 - Django calls it by name
        content_length: int,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.too_large = content_length > LIMIT + self.BESIDE

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.too_large:
            raise SkipFile
        self.kept = io.BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > LIMIT:
            self.too_large = True
            self.kept = io.BytesIO()
            raise SkipFile
        self.kept.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile | None:
        if self.too_large:
            return None
        self.kept.seek(0)
        return InMemoryUploadedFile(
            file=self.kept,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type or "",
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
