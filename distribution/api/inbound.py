"""POST /api/inbound/bounce: a raw mail that came back, from whatever receives mail for the bounce domain."""

from django.http import HttpRequest, UnreadablePostError
from django.utils.translation import gettext as _
from ninja import Router
from ninja.security.base import AuthBase

from delivery.bounce import inlet
from delivery.bounce.take import MOST_BYTES, take
from delivery.models.bounce import Inlet
from distribution.api.auth import sent_key
from distribution.api.errors import ApiError
from distribution.api.methods import refuse_others
from distribution.api.schemas import BOUNCE, Problem, TakenMail

router = Router(tags=["Inbound mail"])


class InletAuth(AuthBase):
    """The key of this address, made under Bounces in the admin. Answers 401 with the reason."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "The key made under Bounces in the admin."

    def __call__(self, request: HttpRequest) -> bool:
        if not inlet.opens(sent_key(request)):
            message = _("Send the key made under Bounces in the admin as Authorization: Bearer <key>.")
            raise ApiError(401, {"authorization": [message]}, {"WWW-Authenticate": "Bearer"})
        return True


@router.post(
    "/inbound/bounce",
    auth=InletAuth(),
    response={200: TakenMail, (400, 401, 500, 503): Problem},
    summary="Hand over a returned mail",
    operation_id="post_bounce",
    openapi_extra=BOUNCE,
)
def post_bounce(request: HttpRequest) -> dict[str, str]:
    """Keeps one mail as it was received (RFC 5322); a report of a failed delivery fails its job.

    Mails that belong to no job are taken as well, and kept. What is beyond the first MiB is not read.
    """
    try:
        raw = request.read(MOST_BYTES)
    except UnreadablePostError:
        raise ApiError(400, {"body": [_("It ended too early: send it again.")]}) from None
    if not raw.strip():
        raise ApiError(400, {"body": [_("Send the mail itself as the body, with all its header lines.")]})
    size = int(request.headers.get("Content-Length") or 0)
    mail = take(raw, inlet=Inlet.HTTP, size=max(size, len(raw)))
    return {"status": "success", "kind": mail.kind, "effect": mail.effect}


refuse_others(router, "/inbound/bounce", "POST")
