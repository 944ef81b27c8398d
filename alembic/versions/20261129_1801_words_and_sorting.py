"""How texts are searched and sorted

Revision: 9b6a1f0c2d47
Follows:
Created: 2026-11-29 18:01:00+00:00
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "9b6a1f0c2d47"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What is neither a letter, a digit nor a combining mark in Unicode 14, without what NFKC replaces.
# By number: classes such as [:punct:] depend on the locale of the database.
SEPARATORS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u00d7\u00f7\u02c2-\u02c5"
    r"\u02d2-\u02eb\u02ed\u02ef-\u02ff\u0375\u03f6\u0482\u055a-\u055f\u0589-\u058f"
    r"\u05be\u05c0\u05c3\u05c6\u05f3-\u060f\u061b-\u061f\u066a-\u066d\u06d4"
    r"\u06dd-\u06de\u06e9\u06fd-\u06fe\u0700-\u070f\u07f6-\u07f9\u07fe-\u07ff"
    r"\u0830-\u083e\u085e\u0888\u0890-\u0891\u08e2\u0964-\u0965\u0970\u09f2-\u09f3"
    r"\u09fa-\u09fb\u09fd\u0a76\u0af0-\u0af1\u0b70\u0bf3-\u0bfa\u0c77\u0c7f\u0c84"
    r"\u0d4f\u0d79\u0df4\u0e3f\u0e4f\u0e5a-\u0e5b\u0f01-\u0f17\u0f1a-\u0f1f\u0f34"
    r"\u0f36\u0f38\u0f3a-\u0f3d\u0f85\u0fbe-\u0fc5\u0fc7-\u0fda\u104a-\u104f"
    r"\u109e-\u109f\u10fb\u1360-\u1368\u1390-\u1399\u1400\u166d-\u166e\u1680"
    r"\u169b-\u169c\u16eb-\u16ed\u1735-\u1736\u17d4-\u17d6\u17d8-\u17db\u1800-\u180a"
    r"\u180e\u1940-\u1945\u19de-\u19ff\u1a1e-\u1a1f\u1aa0-\u1aa6\u1aa8-\u1aad"
    r"\u1b5a-\u1b6a\u1b74-\u1b7e\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e-\u1c7f\u1cc0-\u1cc7"
    r"\u1cd3\u200b-\u20c0\u2104-\u212e\u213a-\u214d\u214f\u218a-\u244a\u2500-\u2775"
    r"\u2794-\u2bff\u2ce5-\u2cea\u2cf9-\u2cfc\u2cfe-\u2cff\u2d70\u2e00-\u2e2e"
    r"\u2e30-\u3004\u3008-\u3020\u3030\u3037\u303d-\u303f\u30a0\u30fb\u3190-\u3191"
    r"\u31c0-\u31e3\u327f\u4dc0-\u4dff\ua490-\ua4c6\ua4fe-\ua4ff\ua60d-\ua60f\ua673"
    r"\ua67e\ua6f2-\ua716\ua720-\ua721\ua789-\ua78a\ua828-\ua82b\ua836-\ua839"
    r"\ua874-\ua877\ua8ce-\ua8cf\ua8f8-\ua8fa\ua8fc\ua92e-\ua92f\ua95f\ua9c1-\ua9cd"
    r"\ua9de-\ua9df\uaa5c-\uaa5f\uaa77-\uaa79\uaade-\uaadf\uaaf0-\uaaf1\uab5b"
    r"\uab6a-\uab6b\uabeb\ufbb2-\ufdff\ufe45-\ufe46\ufeff-\ufffd\U0001eef0-\U0001f0f5"
    r"\U0001f10d-\U0001faf6"
)
# Of Latin, Greek, Cyrillic and Armenian, for databases whose locale has no case beyond ASCII.
CAPITALS = (
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮĴĶĹĻĽŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪ"
    "ŬŮŰŲŴŶŸŹŻŽƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠƢƤƦƧƩƬƮƯƱƲƳƵƷƸƼǍǏǑǓǕǗǙǛǞǠǢǤǦǨǪǬǮǴǶǷǸǺǼǾȀȂȄȆȈȊȌȎȐȒ"
    "ȔȖȘȚȜȞȠȢȤȦȨȪȬȮȰȲȺȻȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫϏϘϚϜϞϠϢϤϦϨϪϬϮϷ"
    "ϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞ"
    "ҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӃӅӇӉӋӍӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸ"
    "ԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ"
)

# ts_headline takes time by the square for words that come again; these are different ones.
MAX_MARKED = 12

IMMUTABLE = "LANGUAGE sql IMMUTABLE PARALLEL SAFE"

# Bodies are expressions, not text: they name what they call once and for all, whatever the
# search path is when a backup is restored.
SEARCH_CONFIGURATION = f"""
    CREATE FUNCTION search_configuration() RETURNS regconfig {IMMUTABLE}
    RETURN 'simple'::regconfig
"""

LOWER_CASE = f"""
    CREATE FUNCTION lower_case(letters text) RETURNS text {IMMUTABLE}
    RETURN CASE WHEN lower('Ä') = 'ä' THEN lower(letters)
        ELSE lower(translate(letters, '{CAPITALS}', '{CAPITALS.lower()}')) END
"""

# Case and accents do not count. What NFKD does not take apart is spelt out. As bytes, because texts
# are compared by the rules of the database's locale.
SORT_KEY = rf"""
    CREATE FUNCTION sort_key(name text) RETURNS bytea {IMMUTABLE}
    RETURN convert_to(translate(
        replace(replace(replace(replace(
            lower_case(normalize(
                regexp_replace(normalize(name, NFKD), '(?<![иИ])[\u0300-\u036f]+', '', 'g'), NFC
            )),
        'æ', 'ae'), 'œ', 'oe'), 'ß', 'ss'), 'þ', 'th'),
        'øðđħıłŋŧ‘’“”‐‑–—', 'oddhilnt''''""----'
    ), 'UTF8')
"""

SEARCH_WORDS = f"""
    CREATE FUNCTION search_words(content text) RETURNS text {IMMUTABLE}
    RETURN regexp_replace(lower_case(normalize(content, NFKC)), '[{SEPARATORS}]+', ' ', 'g')
"""

SEARCH_DOCUMENT = f"""
    CREATE FUNCTION search_document(title text, body text) RETURNS tsvector {IMMUTABLE}
    RETURN setweight(to_tsvector(search_configuration(), search_words(title)), 'A')
        || setweight(to_tsvector(search_configuration(), search_words(body)), 'B')
"""

# A dash directly before a letter or a quotation mark rules out the word or the phrase; a private
# character keeps its place while all other signs go. The last word may be the beginning of one,
# unless it ends a phrase or is ruled out.
SEARCH_QUERY = rf"""
    CREATE FUNCTION search_query(q text) RETURNS tsquery {IMMUTABLE}
    RETURN (
        SELECT CASE
            WHEN parsed LIKE '%''' AND words !~ '"\s*$' THEN (parsed || ':*')::tsquery
            ELSE parsed::tsquery
        END
        FROM (
            SELECT words, websearch_to_tsquery(search_configuration(), words)::text
            FROM (
                SELECT translate(regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            translate(lower_case(normalize(q, NFKC)), U&'\e000', ' '),
                            '(?<!\S)-(?=[^\s\d{SEPARATORS}])([^\s"]*)', U&'\e000"\\1"', 'g'
                        ),
                        '(?<!\S)-(?=")', U&'\e000', 'g'
                    ),
                    '[{SEPARATORS.replace("0001-", "0001-!#-", 1)}]+', ' ', 'g'
                ), U&'\e000', '-')
            ) AS written(words)
        ) AS query(words, parsed)
    )
"""

SEARCH_MARKS = f"""
    CREATE FUNCTION search_marks(q text) RETURNS tsquery {IMMUTABLE}
    RETURN (
        SELECT CASE
            WHEN numnode(query) <= 2 * least(cardinality(words), {MAX_MARKED}) THEN query
            ELSE array_to_string(words[:{MAX_MARKED}], ' | ')::tsquery
        END
        FROM (
            SELECT search_query(q),
                tsvector_to_array(to_tsvector(search_configuration(), search_words(q)))
        ) AS marked(query, words)
    )
"""

FUNCTIONS = (
    SEARCH_CONFIGURATION,
    LOWER_CASE,
    SORT_KEY,
    SEARCH_WORDS,
    SEARCH_DOCUMENT,
    SEARCH_QUERY,
    SEARCH_MARKS,
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(sa.text(function.replace(":", r"\:")))


def downgrade() -> None:
    for name in ("search_marks", "search_query"):
        op.execute(f"DROP FUNCTION {name}(text)")
    op.execute("DROP FUNCTION search_document(text, text)")
    for name in ("search_words", "sort_key", "lower_case"):
        op.execute(f"DROP FUNCTION {name}(text)")
    op.execute("DROP FUNCTION search_configuration()")
