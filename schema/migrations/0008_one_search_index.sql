-- One index for all that a search asks. paper_search_impacts had every word of title and abstract already; now it has the
-- authors too, and what papers are filtered by most, so that words and filters meet inside the index.
-- docs/decisions/0011-one-search-index.md says what that costs and spares.

-- What a paper can be filtered by, as lexemes without a place in the text. Words never have a "=".
-- "@category=cs.cl"; "@year=2024" and "@decade=2020", which is all before 1900 for 1890 and all from 2100 on for 2100;
-- "@venue=acl" and "@venue=acl 2024" of "ACL 2024", up to 8 words; "@repo=" where it links one.
-- None is longer than 500 characters, as a lexeme has room for 2,046 bytes; categories end after 20,000 characters in all
-- (service/ingest/record.py takes no more), as a tsvector has room for 1 MB.
CREATE FUNCTION search_labels(categories text[], published_on date, venue text, has_repo boolean) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    labels text[] := '{}';
    category text;
    word text;
    beginning text;
    year integer := extract(year FROM published_on);
    characters integer := 0;
BEGIN
    FOREACH category IN ARRAY categories LOOP
        characters := characters + length(category);
        EXIT WHEN characters > 20000;
        IF length(category) <= 500 THEN
            labels := labels || lower('@category=' || category);
        END IF;
    END LOOP;
    IF year IS NOT NULL THEN
        labels := labels || ('@year=' || year) || ('@decade=' || greatest(1890, least(2100, year - year % 10)));
    END IF;
    IF venue IS NOT NULL THEN
        FOREACH word IN ARRAY (string_to_array(venue, ' '))[:8] LOOP
            beginning := coalesce(beginning || ' ' || word, '@venue=' || word);
            EXIT WHEN length(beginning) > 507;
            labels := labels || lower(beginning);
        END LOOP;
    END IF;
    IF has_repo THEN
        labels := labels || '@repo='::text;
    END IF;
    RETURN array_to_tsvector(labels);
END
$$;

-- All that a paper is found by.
CREATE FUNCTION search_entry(
    title text, abstract text, authors text[], categories text[], published_on date, venue text, has_repo boolean
) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT search_document(title, abstract, authors) || search_labels(categories, published_on, venue, has_repo) $$;

-- Papers with these labels: all groups, any of a group's. [["category=cs.CL", "category=cs.AI"], ["!repo="]]; "!" excludes.
CREATE FUNCTION search_fence(labels jsonb) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    "group" jsonb;
    label text;
    one tsquery;
    any_of tsquery;
    fence tsquery := ''::tsquery;
BEGIN
    FOR "group" IN SELECT value FROM jsonb_array_elements(labels) LOOP
        any_of := ''::tsquery;
        FOR label IN SELECT value FROM jsonb_array_elements_text("group") LOOP
            one := ('''' || replace(replace(lower('@' || ltrim(label, '!')), '\', '\\'), '''', '''''') || '''')::tsquery;
            IF label LIKE '!%' THEN
                one := !!one;
            END IF;
            any_of := any_of || one;
        END LOOP;
        fence := fence && any_of;
    END LOOP;
    RETURN fence;
END
$$;

-- What share of the papers has labels: as if groups had nothing to do with each other.
CREATE FUNCTION search_share(labels jsonb, all_papers float8) RETURNS float8
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    "group" jsonb;
    having_it float8;
    share float8 := 1;
BEGIN
    FOR "group" IN SELECT value FROM jsonb_array_elements(labels) LOOP
        SELECT coalesce(sum(CASE WHEN label LIKE '!%' THEN all_papers - coalesce(t.papers, 0) ELSE t.papers END), 1)
        INTO having_it
        FROM jsonb_array_elements_text("group") AS label
            LEFT JOIN search_terms t ON t.lexeme = lower('@' || ltrim(label, '!'));
        share := share * least(greatest(having_it, 0.5) / all_papers, 1);
    END LOOP;
    RETURN share;
END
$$;

-- Authors' words need no weight: nothing else has a "@". Without it the index answers for sure.
CREATE OR REPLACE FUNCTION author_query(names text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT coalesce(string_agg('(' || words || ')', ' | '), '')::tsquery
FROM unnest(names) AS n (name),
    LATERAL (SELECT string_agg(format('%L', '@' || word), ' & ') FROM unnest(author_words(name)) AS word) AS w (words)
$$;

CREATE OR REPLACE FUNCTION search_term(term jsonb) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    normal text := search_text(term ->> 'text');
    words text[] := regexp_split_to_array(btrim(normal), '\s+');
    word text;
    result tsquery := ''::tsquery;
BEGIN
    IF term ->> 'field' = 'author' THEN
        result := phraseto_tsquery('simple', search_parts(normal));
        RETURN regexp_replace(result::text, '''([^'']+)''', '''@\1''', 'g')::tsquery;
    ELSIF (term ->> 'phrase')::boolean AND cardinality(words) > 1 THEN
        result := phraseto_tsquery('colophon', search_parts(normal));
        -- "few-shot learning": the stop word that the phrase leaves out still counts.
        FOREACH word IN ARRAY words LOOP
            IF word ~ '[^-_][-_]+[^-_]' AND numnode(phraseto_tsquery('colophon', search_parts(word))) < 3 THEN
                result := result && plainto_tsquery('colophon', translate(word, '-_.', ''));
            END IF;
        END LOOP;
    ELSE
        FOREACH word IN ARRAY words LOOP
            result := result && search_word(word);
        END LOOP;
    END IF;
    IF term ->> 'field' = 'title' THEN
        RETURN regexp_replace(result::text, '''([^'']+)''', '''\1'':A', 'g')::tsquery;
    END IF;
    RETURN result;
END
$$;

DROP INDEX paper_search_words;
DROP INDEX paper_search_impacts;

-- As before, with authors and labels.
CREATE OR REPLACE FUNCTION search_impacts(words tsvector, length integer) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT COST 20000
AS $$
SELECT strip(words) || array_to_tsvector(ARRAY(
    SELECT lexeme || unnest(CASE
        WHEN odds < 2.125 THEN '{~1}'::text[]
        WHEN odds < 3.16666667 THEN '{~1,~2}'::text[]
        WHEN odds < 4.55555556 THEN '{~1,~2,~3}'::text[]
        WHEN odds < 6.14285714 THEN '{~1,~2,~3,~4}'::text[]
        WHEN odds < 8.09090909 THEN '{~1,~2,~3,~4,~5}'::text[]
        WHEN odds < 11.5 THEN '{~1,~2,~3,~4,~5,~6}'::text[]
        ELSE '{~1,~2,~3,~4,~5,~6,~7}'::text[] END)
    FROM (
        SELECT lexeme, (cardinality(positions) + CASE WHEN weights[1] = 'A' THEN 2 ELSE 0 END)
            / (0.3::float8 + 0.9::float8 / 102 * length) AS odds
        FROM unnest(ts_filter(words, '{a,d}'))
        -- In a text of 42 words or more a word that stands once, and not in the title, reaches no tier.
        WHERE cardinality(positions) > 1 OR weights[1] = 'A' OR length < 42
        OFFSET 0
    ) AS word
    -- A lexeme has room for 2,046 bytes. Without a tier a word is found all the same, in the last box.
    WHERE odds >= 1.5 AND octet_length(lexeme) < 2045
))
$$;

UPDATE paper_search s SET words = words || search_labels(
    p.categories, p.published_on, p.venue, EXISTS (SELECT FROM paper_repos r WHERE r.paper_id = p.id)
)
FROM papers p WHERE p.id = s.paper_id;

-- While papers are loaded up to 4 MB of new words wait in a list, and every search reads it, which takes a millisecond;
-- the end of a load empties it.
CREATE INDEX paper_search_impacts ON paper_search USING gin (search_impacts(words, length))
WITH (fastupdate = on, gin_pending_list_limit = 4096);
-- The planner's statistics of it would tell nothing, and take a minute to gather.
ALTER INDEX paper_search_impacts ALTER COLUMN 1 SET STATISTICS 0;

-- Of labels too, which have no tiers.
CREATE OR REPLACE FUNCTION search_count_terms() RETURNS TABLE (lexeme text, papers integer, tiers integer[])
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT lexeme, count(*)::integer, CASE WHEN count(odds) >= 200 THEN ARRAY[
    count(*) FILTER (WHERE odds >= 1.5), count(*) FILTER (WHERE odds >= 2.125),
    count(*) FILTER (WHERE odds >= 3.16666667), count(*) FILTER (WHERE odds >= 4.55555556),
    count(*) FILTER (WHERE odds >= 6.14285714), count(*) FILTER (WHERE odds >= 8.09090909),
    count(*) FILTER (WHERE odds >= 11.5)
]::integer[] END
FROM (
    SELECT word.lexeme, (cardinality(positions) + CASE WHEN weights @> '{A}' THEN 2 ELSE 0 END)
        / search_saturation(length) AS odds
    FROM paper_search, unnest(words) AS word WHERE word.lexeme NOT LIKE '@%' OR strpos(word.lexeme, '=') > 0
    OFFSET 0
) AS found
GROUP BY lexeme HAVING count(*) > 1
$$;

-- fence: what every box lies in: the labels that papers must have, and authors. share: of the papers, as far as is known.
ALTER TYPE search_plan ADD ATTRIBUTE fence tsquery, ADD ATTRIBUTE share float8;

-- What a paper must have, without positions and weights.
CREATE FUNCTION search_bare(words tsquery) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT regexp_replace(regexp_replace(words::text, ':[A-D*]+', '', 'g'), '<(-|[0-9]+)>', '&', 'g') $$;

DROP FUNCTION search_plan(jsonb, jsonb);

-- weights: {number: weight} as an earlier plan of this query had them, so that the pages of one search are ranked alike
-- whatever was loaded in between; null for those of now. labels: as search_fence takes them. names: of authors, one of
-- whom is wanted.
CREATE FUNCTION search_plan(clauses jsonb, weights jsonb, labels jsonb, names text[]) RETURNS search_plan
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    plan search_plan;
    unit record;
    word record;
    units tsquery[] := '{}';
    needed tsquery := ''::tsquery;
    found text[] := '{}';
    -- Which unit has which lexeme; several may have one.
    owners integer[] := '{}';
    owned text[] := '{}';
    all_lexemes text[];
    found_groups integer[] := '{}';
    found_alternatives integer[] := '{}';
    found_choices boolean[] := '{}';
    -- How often the query has each: BM25 counts a word of the query as often as it stands there.
    found_times integer[] := '{}';
    alternative record;
    ranked text[];
    lexeme text;
    "group" integer := 0;
    has_alternatives boolean;
BEGIN
    plan.all_of := ''::tsquery;
    plan.boxes := '{}';
    plan.others := '{}';
    plan.fence := search_fence(labels) && author_query(names);
    SELECT greatest(s.papers, 1) INTO plan.papers FROM search_statistics s;
    plan.share := CASE WHEN labels = '[]' THEN 1 ELSE search_share(labels, plan.papers) END
        -- Nothing is counted of authors: one has few papers.
        * CASE WHEN names = '{}' THEN 1 ELSE 0.001 END;
    FOR unit IN SELECT * FROM search_units(clauses) LOOP
        plan.all_of := plan.all_of && unit.words;
        IF numnode(unit.telling) = 0 THEN
            needed := needed && unit.words;
            IF strpos(unit.words::text, '!') = 0 THEN
                plan.fence := plan.fence && search_bare(unit.words)::tsquery;
                plan.share := plan.share * 0.001;
            END IF;
            CONTINUE;
        END IF;
        units := units || unit.words;
        "group" := "group" + 1;
        IF numnode(unit.words) = 1 AND strpos(unit.words::text, ':') = 0 THEN
            plan.boxes := plan.boxes || unit.words::text;
            ranked := ARRAY[btrim(unit.words::text, '''')];
        ELSE
            plan.boxes := plan.boxes || format('( %s )', search_bare(unit.words));
            ranked := tsvector_to_array(search_words(unit.spelled));
            all_lexemes := ARRAY(SELECT match[1] FROM regexp_matches(unit.telling::text, '''([^'']+)''', 'g') AS match);
            -- Spelled twice a few words are others than spelled once: "v1.2.3".
            IF NOT ranked && all_lexemes THEN
                ranked := all_lexemes;
            END IF;
            -- "bert OR author:x"
            IF unit.words <> unit.telling THEN
                plan.others := plan.others || ARRAY(
                    SELECT match[1] FROM regexp_matches(unit.words::text, '''(@[^'']+)''', 'g') AS match
                );
            END IF;
        END IF;
        has_alternatives := strpos(unit.telling::text, '|') > 0;
        FOR alternative IN
            SELECT * FROM regexp_split_to_table(unit.telling::text, ' \| ') WITH ORDINALITY AS a (words, number)
        LOOP
            FOR lexeme IN SELECT match[1] FROM regexp_matches(alternative.words, '''([^'']+)''', 'g') AS match LOOP
                owners := owners || cardinality(units);
                owned := owned || lexeme;
                IF lexeme <> ALL (ranked) THEN
                    plan.others := plan.others || lexeme;
                ELSIF lexeme = ANY (found) THEN
                    found_times[array_position(found, lexeme)] := found_times[array_position(found, lexeme)] + 1;
                ELSE
                    found := found || lexeme;
                    found_times := found_times || 1;
                    -- Without alternatives each lexeme is needed.
                    IF NOT has_alternatives THEN
                        "group" := "group" + 1;
                    END IF;
                    found_groups := found_groups || "group";
                    found_alternatives := found_alternatives || alternative.number::integer;
                    -- Of one word's spellings there is nothing to choose: "few-shot".
                    found_choices := found_choices
                        || (has_alternatives AND strpos(btrim(unit.spelled, E'\n'), E'\n') > 0);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
    IF plan.others <> '{}' THEN
        plan.others := ARRAY(SELECT unnest(plan.others) EXCEPT SELECT unnest(found));
    END IF;
    -- Not with phrases, fields and exclusions. What says nothing ("the") finds nothing, whatever the fence holds.
    plan.is_exact := plan.all_of::text !~ '[:!<]' AND numnode(plan.all_of) > 0;
    plan.lexemes := '{}';
    plan.dropped := '{}';
    plan.terms := '{}';
    plan.titles := '{}';
    plan.weights := '{}';
    plan.numbers := '{}';
    plan.groups := '{}';
    plan.alternatives := '{}';
    plan.choices := '{}';
    plan.counts := '{}';
    FOR word IN
        SELECT w.*, one AS papers, CASE
            WHEN t.tiers IS NULL THEN array_fill(one, '{8}')
            ELSE one || t.tiers::float8[] END AS counts,
            coalesce(
                (search_plan.weights ->> w.number::text)::float8,
                -- More than nothing, since the boxes divide by it.
                CASE WHEN search_plan.weights IS NULL THEN greatest(0.0001, round((w.times * ln(
                    1 + (greatest(plan.papers, one) - one + 0.5) / (one + 0.5)
                ))::numeric, 4)::float8) END
            ) AS weight
        FROM unnest(found, found_groups, found_alternatives, found_choices, found_times) WITH ORDINALITY
                AS w (lexeme, grouped, alternative, choice, times, number)
            LEFT JOIN search_terms t ON t.lexeme = w.lexeme, LATERAL (SELECT coalesce(t.papers, 1)::float8) AS n (one)
        ORDER BY weight DESC NULLS LAST, w.lexeme
    LOOP
        IF cardinality(plan.lexemes) = 32 OR word.weight IS NULL THEN
            plan.dropped := plan.dropped || word.lexeme;
            CONTINUE;
        END IF;
        plan.lexemes := plan.lexemes || word.lexeme;
        plan.terms := plan.terms || format('%L', word.lexeme)::tsquery;
        plan.titles := plan.titles || format('%L:A', word.lexeme)::tsquery;
        plan.weights := plan.weights || word.weight;
        plan.numbers := plan.numbers || word.number::integer;
        plan.groups := plan.groups || word.grouped;
        plan.alternatives := plan.alternatives || word.alternative;
        plan.choices := plan.choices || word.choice;
        plan.counts := plan.counts || word.counts;
    END LOOP;
    plan.kept := '{}';
    FOR place IN 1 .. cardinality(owners) LOOP
        IF owned[place] = ANY (plan.lexemes) AND owners[place] <> ALL (plan.kept) THEN
            plan.kept := plan.kept || owners[place];
        END IF;
    END LOOP;
    IF cardinality(units) > 1 AND cardinality(plan.kept) > 0 THEN
        plan.any_of := ''::tsquery;
        FOR place IN 1 .. cardinality(plan.kept) LOOP
            plan.any_of := plan.any_of || units[plan.kept[place]];
        END LOOP;
        plan.any_of := plan.any_of && needed;
    END IF;
    RETURN plan;
END
$$;

-- A box: the papers inside the fence whose impacts reach these tiers, one a lexeme; none reaches tier 8. any_word: one of
-- the units is enough. Null where nothing bounds it: a query that only excludes.
CREATE OR REPLACE FUNCTION search_box(plan search_plan, any_word boolean, tiers integer[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    boxes text[];
    box text;
    lexeme text;
    whole tsquery;
    is_last boolean := 0 = ALL (tiers);
BEGIN
    FOR unit IN 1 .. cardinality(plan.boxes) LOOP
        CONTINUE WHEN any_word AND unit <> ALL (plan.kept);
        box := plan.boxes[unit];
        FOR place IN 1 .. cardinality(plan.lexemes) LOOP
            IF tiers[place] > 0 THEN
                lexeme := plan.lexemes[place];
                box := replace(box, '''' || lexeme || '''', '''' || lexeme || '~' || tiers[place] || '''');
            END IF;
        END LOOP;
        -- An alternative that papers are not ranked by counts as nothing, so it is in the last box only.
        IF NOT is_last AND strpos(box, '|') > 0 THEN
            FOREACH lexeme IN ARRAY plan.others || plan.dropped LOOP
                box := replace(box, '''' || lexeme || '''', '''' || lexeme || '~8''');
            END LOOP;
        END IF;
        boxes := boxes || box;
    END LOOP;
    whole := coalesce(array_to_string(boxes, CASE WHEN any_word THEN ' | ' ELSE ' & ' END), '')::tsquery
        && coalesce(plan.fence, ''::tsquery);
    -- A query that says nothing finds nothing, whatever the fence.
    RETURN CASE WHEN numnode(plan.all_of) = 0 THEN NULL WHEN querytree(whole) NOT IN ('', 'T') THEN whole END;
END
$$;

-- As before, but for the share that the fence leaves.
-- The next box to look into: inside it the best papers are expected, `wanted` of them or more, or it is the last one,
-- all tiers 0. inside: every box holds the one before.
--
-- All words: the score that a paper lacks to the highest possible is the sum of weight * (1 - impact). If it lacks
-- d at most, no word lacks more, so its impact is 1 - d / weight or more. The boxes are those of growing d, so rare
-- words must stand out and common ones need not. They are left before they are sure to hold the best papers; of the
-- best ten they held all on the queries of docs/search.md.
-- Any word: of each word the best papers, as many of the rarest, and of the others less as they weigh less, as make 6,500
-- together or what is wanted.
--
-- expected: how many papers. Of several words, the rarest one's, times the share of papers that each other has to the
-- power of 0.6, as words of one subject keep company (0.6: docs/search.md). ratio: how many there really were for one
-- that was expected, in an earlier box.
CREATE OR REPLACE FUNCTION search_next(
    plan search_plan, any_word boolean, inside integer[], ratio float8, wanted float8,
    OUT tiers integer[], OUT expected float8
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    words integer := cardinality(plan.lexemes);
    budget float8 := 500;
    last boolean := false;
    lacks float8[];
    low integer := 1;
    middle integer;
    high integer;
    best integer[];
    wide integer[] := '{}';
BEGIN
    IF any_word THEN
        LOOP
            SELECT array_agg(least(enough, coalesce(inside[word], 8)) ORDER BY word),
                sum(CASE WHEN enough < 8 THEN plan.counts[(word - 1) * 8 + 1 + least(enough, coalesce(inside[word], 8))] ELSE 0 END)
                    * coalesce(plan.share, 1),
                bool_and(enough = 0)
            INTO tiers, expected, last
            FROM generate_series(1, words) AS word, LATERAL (
                SELECT coalesce(min(tier), 8) FROM generate_series(0, 7) AS tier
                WHERE plan.counts[(word - 1) * 8 + 1 + tier] <= budget * plan.weights[word] / plan.weights[1]
            ) AS e (enough);
            EXIT WHEN coalesce(last, true) OR (tiers IS DISTINCT FROM inside AND expected * ratio >= greatest(wanted, 6500));
            budget := budget * 1.6;
        END LOOP;
        RETURN;
    END IF;
    -- Too few for there to be anything to choose.
    tiers := array_fill(0, ARRAY[words]);
    expected := search_expected(plan, tiers);
    IF expected * ratio < wanted THEN
        RETURN;
    END IF;
    lacks := ARRAY(
        SELECT DISTINCT (1 - impact) * weight
        FROM unnest(plan.weights) AS weight, unnest('{0.6, 0.68, 0.76, 0.82, 0.86, 0.89, 0.92}'::float8[]) AS impact
        ORDER BY 1
    );
    -- Among words to choose from a paper that has several may be the best although none stands out, so of each as many
    -- are looked at as where any word is enough.
    FOR word IN 1 .. words LOOP
        IF plan.choices[word] THEN
            wide[word] := (
                SELECT coalesce(min(tier), 7) FROM generate_series(0, 7) AS tier
                WHERE plan.counts[(word - 1) * 8 + 1 + tier] <= 2500 * plan.weights[word] / plan.weights[1]
            );
        END IF;
    END LOOP;
    -- The first that is large enough, by halving.
    high := cardinality(lacks) + 1;
    WHILE low < high LOOP
        middle := (low + high) / 2;
        tiers := NULL;
        FOR word IN 1 .. words LOOP
            tiers[word] := least(inside[word], wide[word], width_bucket(
                1 - lacks[middle] / plan.weights[word] + 1e-9, '{0.6, 0.68, 0.76, 0.82, 0.86, 0.89, 0.92}'::float8[]
            ));
        END LOOP;
        IF tiers <> inside OR inside IS NULL THEN
            expected := search_expected(plan, tiers);
        ELSE
            expected := 0;
        END IF;
        IF expected * ratio >= wanted THEN
            high := middle;
            best := tiers;
        ELSE
            low := middle + 1;
        END IF;
    END LOOP;
    tiers := coalesce(best, array_fill(0, ARRAY[words]));
    expected := search_expected(plan, tiers);
END
$$;

CREATE OR REPLACE FUNCTION search_expected(plan search_plan, tiers integer[]) RETURNS float8
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    papers float8;
    least_papers float8 := plan.papers;
    shares float8 := 0;
BEGIN
    IF 1 < ANY (plan.alternatives) THEN
        FOR papers IN
            SELECT sum(one.papers) FROM (
                SELECT "group", min(plan.counts[(word - 1) * 8 + 1 + tier]) AS papers
                FROM unnest(tiers, plan.groups, plan.alternatives) WITH ORDINALITY AS t (tier, "group", alternative, word)
                GROUP BY "group", alternative
            ) AS one
            GROUP BY "group"
        LOOP
            papers := greatest(least(papers, plan.papers), 0.5);
            least_papers := least(least_papers, papers);
            shares := shares + ln(papers / plan.papers);
        END LOOP;
    ELSE
        FOR word IN 1 .. cardinality(plan.lexemes) LOOP
            papers := greatest(least(plan.counts[(word - 1) * 8 + 1 + tiers[word]], plan.papers), 0.5);
            least_papers := least(least_papers, papers);
            shares := shares + ln(papers / plan.papers);
        END LOOP;
    END IF;
    RETURN coalesce(plan.share, 1) * least_papers * exp(0.6 * (shares - ln(least_papers / plan.papers)));
END
$$;

DELETE FROM search_terms;
INSERT INTO search_terms SELECT * FROM search_count_terms();
UPDATE search_statistics SET papers = (SELECT count(*) FROM paper_search), changes = 0, refreshed_at = now();
