"""Lists of the admin whose rows grow without end: newest first, by keyset, nothing counted to its end."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest

from leadflip.kit import paging

EDGES = ("older", "newer")


class GrowingList(ChangeList):
    """`page` holds the links to what is newer and older; `result_count` stops above `show.MOST`."""

    page: paging.Page[Any]

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Without the page's edges, which filter nothing."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in EDGES}

    def get_results(self, request: HttpRequest) -> None:
        """The page that the address names. One query, and one for the count."""
        for edge in EDGES:
            self.params.pop(edge, None)
        self.page = paging.page(self.queryset, request.GET, self.list_per_page)
        self.result_list = self.page.rows
        self.result_count = paging.counted(self.queryset)
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(self.page.rows, self.list_per_page)
