# The worker of docker-compose.yml: Barhouse with everything it needs, installed from the lock alone.
FROM python:3.12-slim

RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home barhouse \
    && mkdir /state /lake && chown barhouse /state /lake

WORKDIR /barhouse
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement requirements.lock

COPY dbt_project.yml .dbtignore ./
COPY barhouse barhouse
COPY extract extract
COPY flows flows
COPY macros macros
COPY models models
COPY profiles profiles
COPY seeds seeds
COPY sql_bootstrap sql_bootstrap
COPY config config
COPY tests/generic tests/generic
COPY tests/singular tests/singular
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && chown -R barhouse /barhouse

USER barhouse
ENV BARHOUSE_HOME=/barhouse BARHOUSE_DBT_TARGET=prod
ENTRYPOINT ["/bin/sh", "-c", "barhouse db bootstrap && exec python -m flows.deployments"]
