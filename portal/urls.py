"""Addresses below /portal/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from partners.accounts.doors import PORTAL
from partners.accounts.views import sign_in
from portal import account, activity, csv, entry, feed, join, many, news_stop, people

app_name = "portal"
urlpatterns = [
    path("", feed.feed, name="feed"),
    path("find/", feed.find, name="find"),
    path("arrivals/", feed.arrivals, name="arrivals"),
    path("answer/", many.answer_many, name="answer_many"),
    path("undo/", many.undo_many, name="undo_many"),
    path("login/", sign_in(PORTAL), name="login"),
    path("logout/", LogoutView.as_view(next_page="portal:login"), name="logout"),
    path("leads/<uuid:entry_id>/", entry.lead, name="lead"),
    path("leads/<uuid:entry_id>/accept/", entry.accept, name="accept"),
    path("leads/<uuid:entry_id>/reject/", entry.reject, name="reject"),
    path("leads/<uuid:entry_id>/return/", entry.give_back, name="return"),
    path("leads/<uuid:entry_id>/undo/", entry.undo, name="undo"),
    path("csv/", csv.csv_page, name="csv"),
    path("csv/file/", csv.csv_file, name="csv_file"),
    path("activity/", activity.activity, name="activity"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<int:member_id>/role/", people.role, name="role"),
    path("people/<int:member_id>/remove/", people.remove, name="remove"),
    path("people/invitations/<int:invitation_id>/renew/", people.renew, name="renew"),
    path("people/invitations/<int:invitation_id>/withdraw/", people.withdraw, name="withdraw"),
    path("join/<str:token>/", join.join, name="join"),
    path("account/", account.account, name="account"),
    path("account/password/", account.password, name="password"),
    path("account/details/", account.details, name="details"),
    path("account/news/", account.news_choice, name="news"),
    path("news/<str:token>/", news_stop.stop, name="news_stop"),
    path("account/theme/", account.theme, name="theme"),
    path("switch/", account.switch, name="switch"),
]
