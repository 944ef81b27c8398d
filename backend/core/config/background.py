"""Settings of background work and of retention."""

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import SettingsConfigDict

from backend.core.config.base import Days, ExactSeconds, Seconds, Section


class WorkerSettings(Section):
    model_config = SettingsConfigDict(env_prefix="WORKER_")

    enabled: bool = Field(
        default=True, description="Run jobs inside `mvp serve`, in each of its processes."
    )
    executions_apart: bool | None = Field(
        default=None,
        description="Run executions in a separate process. Unset: `mvp serve` starts one.",
    )
    events_concurrency: int = Field(
        default=8, ge=1, le=100, description="Concurrent jobs of the queue `events`, per process."
    )
    mail_concurrency: int = Field(default=4, ge=1, le=100)
    executions_concurrency: int = Field(default=2, ge=1, le=100)
    webhooks_concurrency: int = Field(default=8, ge=1, le=100)
    maintenance_concurrency: int = Field(default=2, ge=1, le=100)
    attempts: int = Field(
        default=10, ge=1, le=100, description="Attempts at a job before it is dead."
    )
    crashes: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Crashes of the process while a job runs, before the job is dead.",
    )
    mail_attempts: int = Field(
        default=300,
        ge=1,
        le=10_000,
        description="The same for the queue `mail`: mail servers can be down for longer.",
    )
    retry_seconds: ExactSeconds = Field(
        default=2,
        gt=0,
        description="The pause before the second attempt; doubled for each further one.",
    )
    retry_max_seconds: ExactSeconds = Field(default=600, gt=0)
    poll_seconds: ExactSeconds = Field(
        default=2,
        gt=0,
        description="How often to poll for waiting jobs. New ones also announce themselves.",
    )
    heartbeat_seconds: ExactSeconds = Field(default=5, gt=0)
    stalled_seconds: ExactSeconds = Field(
        default=20,
        gt=0,
        validate_default=True,
        description="After this long without a heartbeat a worker is dead: others take its jobs.",
    )
    sweep_seconds: Seconds = Field(
        default=10, ge=1, le=59, description="How often to look for jobs of dead workers."
    )
    shutdown_seconds: ExactSeconds = Field(
        default=10,
        gt=0,
        description="How long running jobs may take to finish when the process stops.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="Port on which `mvp worker` serves metrics; unset: none.",
    )

    @field_validator("stalled_seconds")
    @classmethod
    def _two_heartbeats(cls, value: float, info: ValidationInfo) -> float:
        if value < 2 * info.data.get("heartbeat_seconds", 0):
            raise ValueError("must be at least twice WORKER_HEARTBEAT_SECONDS")
        return value


class ExecutionSettings(Section):
    model_config = SettingsConfigDict(env_prefix="EXECUTIONS_")

    max_active: int = Field(
        default=10, ge=1, description="How many one person may have pending or running at a time."
    )


class RetentionSettings(Section):
    model_config = SettingsConfigDict(env_prefix="RETENTION_")

    session_days: Days = Field(default=30, ge=1, description="For ended sessions.")
    mail_days: Days = Field(
        default=30, ge=1, description="For mails that were sent, refused or given up."
    )
    job_days: Days = Field(default=14, ge=1, description="For ended jobs, whatever their outcome.")
    notification_days: Days = Field(
        default=180, ge=1, description="For notifications, whether they were read or not."
    )
    assistant_days: Days = Field(
        default=90, ge=1, description="For usage records and planned actions of the assistant."
    )
    webhook_days: Days = Field(
        default=7, ge=3, description="For deliveries of webhooks, and what they contain."
    )
    event_days: Days | None = Field(
        default=None, ge=31, description="For the audit trail. Unset: for ever."
    )
