"""What the screens show, for programs: JSON over HTTP, with keys instead of passwords.

GET /api/v1/maps                                     the maps
GET /api/v1/measure/funnel?steps=cart&steps=purchase a question, as the form of the screen asks it
GET /api/v1/openapi.json                             all that there is, and every answer
"""

from resa.screens.api.answers import problem_of
from resa.screens.api.calling import BEGINS, bearer_of, is_api
from resa.screens.api.embedding import with_link
from resa.screens.api.routing import ROUTER, openapi

__all__ = ["BEGINS", "ROUTER", "bearer_of", "is_api", "openapi", "problem_of", "with_link"]
