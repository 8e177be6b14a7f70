"""What the e-mail settings and the way back of letters are in words, for the audit log."""

from django.utils.translation import gettext_lazy as _

from delivery.models import BounceBox, SmtpAccount
from delivery.models.password import KeptPassword
from leadflip.kit.crypto import SealError
from partners.audit import Hidden, Told, columns, teller


@teller(SmtpAccount)
def account(row: SmtpAccount) -> Told:
    """Of the password only that there is one."""
    about = columns(row)
    about.put("password", _("Password"), _password(row))
    return about


@teller(BounceBox)
def box(row: BounceBox) -> Told:
    """Both inlets; of password and key only that there is one."""
    about = columns(row)
    about.put("password", _("Password"), _password(row))
    about.put("inlet", _("Key of the HTTP address"), Hidden(bytes(row.inlet_digest or b"")))
    return about


def _password(row: KeptPassword) -> Hidden:
    try:
        return Hidden(row.password())
    except SealError:
        return Hidden(bytes(row.sealed or b""))
