"""The words of signing in by a company's provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_COMPANY"]

OF_COMPANY: Final[Mapping[str, str]] = {
    "settings_hold": "What resa.toml says of who may sign in holds at once; all else holds from the next start.",
    "settings_wrong": "The file is wrong as it is now. It holds as it was, until it is mended.",
    "settings_later": "Changed in the file, and holding from the next start: {names}",
    "company_with": "Sign in with {name}",
    "company_or": "Or by a password",
    "company_only": "Passwords open nothing here, but for administrators in an emergency.",
    "company_password": "Sign in by an emergency password",
    "company_down": "{name} does not answer at the moment. Please try again later.",
    "company_down_password": "{name} does not answer at the moment. Passwords still open, for who has one; or try "
    "again later.",
    "company_begin_anew": "This sign-in was not begun in this browser, took too long, or was used already. Please "
    "begin anew. Cookies must be allowed.",
    "company_denied": "{name} did not let you in. Please try again, or ask who looks after it.",
    "company_unknown": "{name} knows you, but you are not invited here. Ask an administrator for an invitation to the "
    "same e-mail address.",
    "company_ended": "Your right to sign in was taken away. Ask an administrator.",
    "company_other_subject": "Your e-mail address belongs to somebody here who has another account of {name}. Ask an "
    "administrator: resa people unbind",
    "company_unverified": "{name} does not say that your e-mail address is verified. Ask who looks after it, or an "
    "administrator here.",
    "company_no_email": "{name} does not tell your e-mail address. Ask who looks after it, or an administrator here.",
    "company_no_group": "You are in no group of {name} that may come in here. Ask an administrator.",
    "company_required": "Your account at {name} is not of the kind that may come in here. Ask an administrator.",
    "company_not_believed": "The answer of {name} could not be trusted, and nobody was signed in. An administrator "
    "finds the reason ({why}) in the audit log; this looks for it: resa people check-provider",
    "company_signed_out": "You are signed out here. At {name} you are still signed in.",
    "company_sign_out": "Sign out of {name}, too",
    "company_how": "How you sign in",
    "company_by": "By {name}. It answers for the second factor; what it asks for is set up there.",
    "company_by_too": "By {name}, or by your password.",
    "company_not_yet": "By your password. You can also sign in by {name}, with this address.",
    "company_emergency": "You are an administrator for emergencies: your password opens where those of others do not.",
    "company_bound": "signs in by {name}",
    "company_is_emergency": "for emergencies",
    "company_unbind": "Forget the account at {name}",
    "company_no_password": "Here people sign in by {name}: there is no password to set. Use your address {email}.",
}
