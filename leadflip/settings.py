"""The one settings file: read from the environment, or from a `.env` file beside `manage.py`.

`.env.example` lists every setting with its meaning. Without DATABASE_URL the embedded servers of
`make run` are used, together with the keys that it generated.
"""

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from leadflip.run.state import State

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

STATE = State.current()
EMBEDDED = not env.str("DATABASE_URL", default="")
if EMBEDDED:
    # What `make run` tells its processes holds for commands in other terminals too.
    STATE.take_environment()
GENERATED = STATE.keys() if EMBEDDED else {}

# Demo mode: the start page, /sample/… and the sample logins. `make run` turns it on.
DEMO = env.bool("DEMO", default=False)
DEBUG = False

SECRET_KEY = env.str("SECRET_KEY", default=GENERATED.get("SECRET_KEY", ""))
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=list(GENERATED.get("ENCRYPTION_KEYS", [])))
DIGEST_KEYS = env.list("DIGEST_KEYS", default=list(GENERATED.get("DIGEST_KEYS", [])))

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000")

INSTALLED_APPS = [
    "distribution",
    "delivery",
    "portal",
    "partners",
    "leadflip",
    "leadflip.kit",
    "leadflip.admin.LeadflipAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_structlog",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "leadflip.policy.Policy",
    "leadflip.machines.past_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "leadflip.kept.keep_typed",
    "leadflip.request_log.RequestLog",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "partners.accounts.factor.middleware.Required",
]

ROOT_URLCONF = "leadflip.urls"
WSGI_APPLICATION = "leadflip.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **env.db_url_config(
            env.str("DATABASE_URL", default="") or STATE.database_url() or "postgres:///leadflip"
        ),
        "ENGINE": "leadflip.kit.postgres",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or STATE.redis_url() or "redis://127.0.0.1:6379/0"
CACHES = {"default": {"BACKEND": "leadflip.kit.sharedcache.SharedCache", "LOCATION": REDIS_URL}}

# Sign-in: docs/adr/0015.
AUTH_USER_MODEL = "partners.User"
AUTHENTICATION_BACKENDS = ["partners.accounts.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_ADAPTER = "partners.accounts.adapter.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # sign-up is closed; the two settings must agree
ACCOUNT_EMAIL_VERIFICATION = "none"  # an admin typed the address, and the invitation proves it
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "partners.accounts.forms.SignInForm",
    "reset_password": "partners.accounts.forms.AskForm",
    "user_token": "partners.accounts.forms.TokenForm",
    "reset_password_from_key": "partners.accounts.forms.LinkForm",
    "change_password": "partners.accounts.forms.ChangeForm",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "partners.accounts.links.LinkTokens"  # noqa: S105 - a class
# Attempts by minute or by five, of one place or for one login.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}
# Seconds that a link for a new password works, and one for a first password.
PASSWORD_RESET_TIMEOUT = 3600
INVITATION_TIMEOUT = 3 * 24 * 3600

# The second factor: everybody may set one up; "required": staff must.
STAFF_SECOND_FACTOR = env.str("STAFF_SECOND_FACTOR", default="off")
MFA_ADAPTER = "partners.accounts.factor.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_FORMS = {
    "authenticate": "partners.accounts.factor.forms.CodeForm",
    "authenticate_webauthn": "partners.accounts.factor.forms.KeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = False  # a passkey goes with the password, and is not asked for alone
MFA_TOTP_ISSUER = "Leadflip"
MFA_TOTP_TOLERANCE = 1  # a code before and one after: clocks differ, and typing takes time
MFA_REAUTHENTICATION_REQUIRED = False  # the forms ask for the password themselves

# Days that the audit log keeps its entries; 0: for ever.
AUDIT_DAYS = env.int("AUDIT_DAYS", default=730)
# Days after which API keys and signing secrets are due for rotation; 0: never.
KEY_DAYS = env.int("KEY_DAYS", default=365)
# Days that other things are kept; 0: for ever. What was sent and answered; the facts of attempts; the values
# of leads; returned mails.
BODY_DAYS = env.int("BODY_DAYS", default=90)
ATTEMPT_DAYS = env.int("ATTEMPT_DAYS", default=0)
LEAD_DAYS = env.int("LEAD_DAYS", default=0)
BOUNCE_DAYS = env.int("BOUNCE_DAYS", default=90)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["leadflip.formats"]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "/static/"
# Where this folder exists (the image makes and fills it), files are hashed and compressed in it.
COLLECTED = (BASE_DIR / "staticfiles").is_dir()
STATIC_ROOT = BASE_DIR / "staticfiles" if COLLECTED else None
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served straight from the apps' folders where nothing was collected: `make run` needs no build step.
WHITENOISE_USE_FINDERS = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if COLLECTED
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}

# One policy for every page; nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
HTTPS = env.bool("HTTPS", default=False)
# Reverse proxies in front: as many of X-Forwarded-For's last entries are believed.
PROXIES = env.int("PROXIES", default=1 if HTTPS else 0)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "leadflip_session"
CSRF_COOKIE_NAME = "leadflip_csrf"
CSRF_FAILURE_VIEW = "leadflip.errors.stale_form"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A profile with hundreds of partners, or rules with hundreds of conditions, is one form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Delivery. Figures and their reasons: docs/adr/0002.
ENGINE_CAPACITY = env.int("ENGINE_CAPACITY", default=2000)
ENGINE_YOUNG = env.int("ENGINE_YOUNG", default=64)
# Engines that one Celery worker hosts; 0 leaves delivery to other workers.
ENGINE_PROCESSES = env.int("ENGINE_PROCESSES", default=1)
LEASE_SECONDS = env.int("LEASE_SECONDS", default=60)
EMAIL_LEASE_SECONDS = env.int("EMAIL_LEASE_SECONDS", default=180)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=5)
# A job that waits this long behind a destination that is down fails (or 1.2 times its schedule, if longer).
DOWN_SECONDS = env.int("DOWN_SECONDS", default=24 * 3600)
GRACE_SECONDS = env.float("GRACE_SECONDS", default=8)
# Own networks that webhooks may reach although the guard denies them: CIDR, or CIDR with a port
# ("10.1.0.0/16", "127.0.0.1/32:9000").
OUTGOING_ALLOW = env.list("OUTGOING_ALLOW", default=[])
OUTGOING_CA_FILE = env.str("OUTGOING_CA_FILE", default="")
# Where alerts are posted to, and the whsec_… secrets that sign them.
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", default="")
ALERT_WEBHOOK_SECRET = env.list("ALERT_WEBHOOK_SECRET", default=[])
# smtp://user:password@host:port, smtp+starttls://…, smtps://…; wins over the account in the admin.
SMTP_URL = env.str("SMTP_URL", default="")
SMTP_FROM = env.str("SMTP_FROM", default="")
SMTP_CA_FILE = env.str("SMTP_CA_FILE", default="")
EMAIL_BACKEND = "delivery.smtp.backend.Backend"

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE = {
    "forget-sessions": {"task": "partners.tasks.forget_sessions", "schedule": 24 * 3600.0},
    "forget-audit": {"task": "partners.tasks.forget_audit", "schedule": 3600.0},
    "route-waiting": {"task": "distribution.tasks.route_waiting", "schedule": 1.0, "options": {"expires": 5}},
    "carry-on-imports": {
        "task": "distribution.tasks.carry_on_imports",
        "schedule": 2.0,
        "options": {"expires": 4},
    },
    "send-callbacks": {
        "task": "distribution.tasks.send_callbacks",
        "schedule": 5.0,
        "options": {"expires": 4},
    },
    "forget-callbacks": {"task": "distribution.tasks.forget_callbacks", "schedule": 3600.0},
    "carry-on-erasures": {
        "task": "distribution.tasks.carry_on_erasures",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    "forget-imports": {"task": "distribution.tasks.forget_imports", "schedule": 3600.0},
    "renew-match-keys": {
        "task": "distribution.tasks.renew_match_keys",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "read-bounces": {"task": "delivery.tasks.read_bounces", "schedule": 60.0, "options": {"expires": 50}},
    "watch-delivery": {"task": "delivery.tasks.watch", "schedule": 60.0, "options": {"expires": 50}},
    "watch-distribution": {
        "task": "distribution.tasks.watch",
        "schedule": 60.0,
        "options": {"expires": 50},
    },
    "watch-sources": {
        "task": "distribution.tasks.watch_sources",
        "schedule": 300.0,
        "options": {"expires": 250},
    },
    "watch-keys": {"task": "distribution.tasks.watch_keys", "schedule": 3600.0},
    "send-alerts": {"task": "delivery.tasks.send_alerts", "schedule": 60.0, "options": {"expires": 50}},
    "post-alerts": {"task": "delivery.tasks.post_alerts", "schedule": 60.0, "options": {"expires": 50}},
    "forget-alerts": {"task": "delivery.tasks.forget_alerts", "schedule": 3600.0},
    "send-news": {"task": "portal.tasks.send_news", "schedule": 60.0, "options": {"expires": 50}},
    "count-hours": {"task": "delivery.tasks.count_hours", "schedule": 60.0, "options": {"expires": 50}},
    "count-leads": {"task": "distribution.tasks.count_hours", "schedule": 60.0, "options": {"expires": 50}},
    "forget-hours": {"task": "delivery.tasks.forget_hours", "schedule": 3600.0},
    "forget-lead-hours": {"task": "distribution.tasks.forget_hours", "schedule": 3600.0},
    "forget-old": {"task": "delivery.tasks.forget_old", "schedule": 3600.0},
    "forget-old-leads": {"task": "distribution.tasks.forget_old_leads", "schedule": 3600.0},
    "run-bulk": {"task": "delivery.tasks.run_bulk", "schedule": 2.0, "options": {"expires": 4}},
    "forget-bulk": {"task": "delivery.tasks.forget_bulk", "schedule": 24 * 3600.0},
    "forget-tests": {"task": "delivery.tasks.forget_tests", "schedule": 3600.0},
    "forget-idempotency-keys": {"task": "distribution.tasks.forget_idempotency_keys", "schedule": 3600.0},
}

# Who may read /metrics from elsewhere than this machine: whoever sends this as a bearer token.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOGGING_CONFIG = "leadflip.logs.configure"
# Django calls the hook only where this is not empty.
LOGGING: dict[str, object] = {"version": 1}
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
