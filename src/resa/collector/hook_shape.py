"""The form of `hook:` in a source file: how what comes over HTTP is known to be from its sender."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from resa.base.language import sentence
from resa.documents import Block, Finding, Refusal, Shape, report, spelling

__all__ = ["WEBHOOK", "HookShape", "Signature"]

WEBHOOK: Final = "webhook"
"""Member of a hook's rows that says what came beside the body: `id`, `event`, `sent_at` and `received_at`."""

Signature = Literal["standard", "stripe", "github", "shopify", "none"]


def _variable(name: str) -> str:
    if not re.fullmatch("[A-Z][A-Z0-9_]*", name):  # what is written may be the secret itself: it is not repeated
        raise Refusal(
            sentence(
                "this is no name of an environment variable; write one in capitals, such as SHOP_HOOK_SECRET, and "
                "never the secret itself: source files are shared"
            ),
            code="secret",
        )
    return name


_NO_SECRET: Final = sentence(
    "a secret must not stand in a source file, which is shared; put it into an environment variable, and write its "
    "name: `secret_env: SHOP_HOOK_SECRET`"
)


class HookShape(Shape):
    """Rows that come over HTTP, one a request: `POST /hooks/<name of the source>`."""

    signature: Signature = Field(
        description="How the sender signs: Standard Webhooks, or as Stripe, GitHub or Shopify do; `none`: not at all, "
        "then a key of the source is asked for."
    )
    secret_env: Annotated[str, AfterValidator(_variable)] | None = Field(
        default=None, description="Environment variable that holds the secret, or several with commas between them."
    )

    hints: ClassVar[Mapping[str, str]] = dict.fromkeys(("secret", "secrets", "signing_secret", "key"), _NO_SECRET)

    @model_validator(mode="before")
    @classmethod
    def _a_secret_for_a_signature(cls, data: Any, info: ValidationInfo) -> Any:
        """Report a signature without a secret, and a secret for no signature, beside what is wrong with them."""
        if isinstance(data, Block):
            said = {spelling(key): value for key, value in data.items()}
            unsigned = said.get("signature") == "none"
            if "signature" in said and set(said) <= cls.model_fields.keys() and unsigned == ("secret_env" in said):
                message = (
                    sentence("without a signature there is no secret; a key of the source is asked for instead")
                    if unsigned
                    else sentence("name the environment variable that holds the secret: `secret_env: SHOP_HOOK_SECRET`")
                )
                report(info, Finding(data.problem(message, code="secret")))
        return data
