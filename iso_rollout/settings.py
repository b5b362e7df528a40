"""The one settings file. Every value that differs between places comes from the environment.

`.env.example` lists the values. Without DEBUG the program refuses to start until the values
that production needs are there, with one line for each fault.
"""

import sys
from pathlib import Path

import environ
import fontpkg_public_sans
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
_DEVELOPMENT_KEY = "development-only-key-that-production-refuses-to-start-with"
SECRET_KEY = env.str("SECRET_KEY", default=_DEVELOPMENT_KEY if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "agencies.views.failures.csrf_failure"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))()
# An empty value is none: with DEBUG the file, else a fault.
DATABASE_URL = env.str("DATABASE_URL", default="") or f"sqlite:///{BASE_DIR / 'var' / 'register.sqlite3'}"
DATABASE_REPLICA_URL = env.str("DATABASE_REPLICA_URL", default="")
# Seconds by which the replica may be behind before pages read from the primary.
REPLICA_LAG_S = env.int("REPLICA_LAG_S", default=10)
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=not DEBUG)
PROVINCE_NAME = env.str("PROVINCE_NAME", default="Hưng Yên")
LEAD_AGENCY_NAME = env.str("LEAD_AGENCY_NAME", default="Sở Khoa học và Công nghệ")
LEAD_AGENCY_SYMBOL = env.str("LEAD_AGENCY_SYMBOL", default="SKHCN")
# The declared units, open to everybody at /cong-khai/.
PUBLIC_PAGE = env.bool("PUBLIC_PAGE", default=False)
DEMO_NOTICE = env.bool("DEMO_NOTICE", default=DEBUG)


def _faults():
    """What production lacks, one sentence for each value."""
    if DEBUG:
        return
    if not SECRET_KEY:
        yield "SECRET_KEY is missing: set it to a random text of at least 50 characters."
    elif SECRET_KEY == _DEVELOPMENT_KEY or len(SECRET_KEY) < 50:
        yield "SECRET_KEY is too weak: set it to a random text of at least 50 characters."
    if not ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS is missing: set it to the names under which the site is reached, with commas."
    if not env.str("DATABASE_URL", default=""):
        yield "DATABASE_URL is missing: set it to postgres://USER:PASSWORD@HOST:5432/NAME."
    if not env.str("MEDIA_ROOT", default=""):
        yield "MEDIA_ROOT is missing: set it to the folder where uploaded documents are kept."


if _found := list(_faults()):
    raise SystemExit("\n".join(["The register does not start (see .env.example):", *_found]))


# Databases -----------------------------------------------------------------------------------


def database(url):
    """Django's description of one database, with the options that each kind needs (README, Decisions)."""
    try:
        config = env.db_url_config(url)
    except (ValueError, ImproperlyConfigured) as fault:
        raise SystemExit(f"DATABASE_URL cannot be read: {fault}") from None
    if config["ENGINE"].endswith("sqlite3"):
        if config["NAME"] != ":memory:":
            Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        # Without these three, hundreds of 800 concurrent writes failed; with them none.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
    elif "postgresql" in config["ENGINE"]:
        config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
        # PgBouncer in transaction mode hands each transaction to another connection.
        config["DISABLE_SERVER_SIDE_CURSORS"] = env.bool("DISABLE_SERVER_SIDE_CURSORS", default=False)
        statement = env.int("STATEMENT_TIMEOUT_S", default=600) * 1000
        lock = env.int("LOCK_TIMEOUT_S", default=20) * 1000
        # Compiling a statement of many parts took 20 times as long as running it.
        config.setdefault("OPTIONS", {})["options"] = (
            f"-c synchronous_commit=on -c statement_timeout={statement} -c lock_timeout={lock} -c jit=off"
        )
    else:
        raise SystemExit("DATABASE_URL must begin with sqlite:// or postgres://.")
    return config


DATABASES = {"default": database(DATABASE_URL)}
if DATABASE_REPLICA_URL:
    DATABASES["replica"] = database(DATABASE_REPLICA_URL) | {"TEST": {"MIRROR": "default"}}
    if "postgresql" in DATABASES["replica"]["ENGINE"]:
        # A machine that is gone must not hold a page up.
        DATABASES["replica"]["OPTIONS"]["connect_timeout"] = 2
    DATABASE_ROUTERS = ["iso_rollout.routing.ReadingPages"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Application ---------------------------------------------------------------------------------

INSTALLED_APPS = [
    "iso_rollout",
    "django.forms",
    "agencies.apps.AgenciesConfig",
    "procedures.apps.ProceduresConfig",
    "reports.apps.ReportsConfig",
    "agencies.adminsite.RegisterAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "django_htmx",
    "heroicons",
    "import_export",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "iso_rollout.middleware.ContentSecurityPolicy",
    "iso_rollout.middleware.OpensOnce",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "iso_rollout.middleware.ChosenLanguage",
    "agencies.middleware.GivesBack",
    "agencies.middleware.SignedIn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    *(["agencies.middleware.ReadsFromReplica"] if DATABASE_REPLICA_URL else []),
]
ROOT_URLCONF = "iso_rollout.urls"
WSGI_APPLICATION = "iso_rollout.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reports.context.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.l10n",
                "django.templatetags.static",
            ],
        },
    }
]

# Widgets come from our templates: django/forms/widgets/attrs.html says why.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# People --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", default=12) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# A person who mistypes is stopped for a while; an office behind one address is not.
AXES_FAILURE_LIMIT = env.int("SIGN_IN_ATTEMPTS", default=5)
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", default=0) or None
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Security ------------------------------------------------------------------------------------

if not DEBUG:
    SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", default=SECURE_COOKIES)
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# Language, dates, numbers --------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["iso_rollout.formats"]
USE_I18N = USE_TZ = True
USE_THOUSAND_SEPARATOR = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

# Files ---------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))()
# The font comes from its wheel.
STATICFILES_DIRS = [BASE_DIR / "static", ("fonts", Path(fontpkg_public_sans.__file__).parent / "files")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Mail and log --------------------------------------------------------------------------------

vars().update(env.email_url("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="iso@localhost")
# A mail server that does not answer must not hold a run up.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT_S", default=20)
# Where links in mails lead; without a slash at its end.
SITE_URL = env.str(
    "SITE_URL",
    default="http://localhost:8000" if DEBUG or not ALLOWED_HOSTS else f"https://{ALLOWED_HOSTS[0]}",
).rstrip("/")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # Each sign-in writes five lines at INFO.
    "loggers": {"axes": {"level": "WARNING"}},
}
TESTING = "pytest" in sys.modules
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
