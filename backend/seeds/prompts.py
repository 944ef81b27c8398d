"""Prompts: the assistant's own, and some for common tasks."""

from typing import NamedTuple

from backend.models.assistant.default_prompt import ASSISTANT, DEFAULT_ASSISTANT
from backend.models.assistant.prompt_templates import PromptText, PromptVariable
from backend.models.assistant.prompt_versions import PromptVersion
from backend.models.assistant.prompts import Prompt
from backend.seeds.base import SeedContext


class SeedPrompt(NamedTuple):
    name: str
    description: str
    text: PromptText


def _text(template: str, *variables: PromptVariable) -> PromptText:
    return PromptText(template=template, variables=list(variables))


_LANGUAGE = PromptVariable(name="language", description="To write in.", default="English")
PROMPTS = (
    SeedPrompt(
        ASSISTANT, "The instructions of the assistant before every request.", DEFAULT_ASSISTANT
    ),
    SeedPrompt(
        "customer_summary",
        "What one should know before calling a customer.",
        _text(
            "Summarise what is known of {{ customer }} for a colleague who will call them, in "
            "{{ language }}: who they are, what happened last, what is open. At most "
            "{{ sentences }} sentences, and nothing that is not in the data.\n",
            PromptVariable(name="customer", description="The name of the customer."),
            _LANGUAGE,
            PromptVariable(name="sentences", description="At most so many.", default="6"),
        ),
    ),
    SeedPrompt(
        "follow_up_mail",
        "A mail after a conversation.",
        _text(
            "Write a short, friendly mail in {{ language }} from {{ person }} to {{ recipient }} "
            "that follows up on this:\n\n{{ occasion }}\n\nName the next step. Promise nothing "
            "that is not said above.\n",
            _LANGUAGE,
            PromptVariable(name="person", description="Who sends it."),
            PromptVariable(name="recipient", description="Whom it is for."),
            PromptVariable(name="occasion", description="What was talked about."),
        ),
    ),
    SeedPrompt(
        "meeting_notes",
        "Notes of a meeting, put in order.",
        _text(
            "Put these notes in order, in {{ language }}: what was decided, who does what until "
            "when, what is open. Leave out what is not in the notes.\n\n{{ notes }}\n",
            _LANGUAGE,
            PromptVariable(name="notes", description="As they were written down."),
        ),
    ),
)


class TemplateSeeder:
    async def run(self, context: SeedContext) -> int:
        rows = [_prompt(prompt, context) for prompt in PROMPTS]
        async with context.uow(context.scope) as uow:
            added = await uow.prompts.add_missing(rows)
            # An existing prompt of the same name is not changed.
            known = await uow.prompts.known([row.id for row in rows])
            versions = [_version(row, context) for row in rows if row.id in known]
            await uow.prompt_versions.add_missing(versions)
            await uow.commit()
        return added


def _prompt(prompt: SeedPrompt, context: SeedContext) -> Prompt:
    return Prompt(
        id=context.id_of("prompt", prompt.name),
        name=prompt.name,
        description=prompt.description,
        template=prompt.text.template,
        variables=prompt.text.variables,
        created_at=context.now,
        updated_at=context.now,
    )


def _version(prompt: Prompt, context: SeedContext) -> PromptVersion:
    return PromptVersion(
        id=context.id_of("prompt_version", prompt.name),
        prompt_id=prompt.id,
        number=1,
        template=prompt.template,
        variables=prompt.variables,
        created_at=prompt.created_at,
    )
