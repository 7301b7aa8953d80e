-- Ranking by BM25, and an index that finds the best papers of a common word without looking at all that have it.
-- docs/search.md explains it; docs/decisions/0010-ranking.md says why so.
--
-- BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, section 3.5):
-- a paper's score is the sum over the query's words of weight * impact, where
--   impact = tf / (tf + k1 * (1 - b + b * length / average))      of this word in this paper, 0 to 1
--   weight = ln(1 + (N - n + 0.5) / (n + 0.5))                    of a word that n of N papers have (Lucene's form)
-- with k1 = 1.2 and b = 0.75 (the defaults of that paper and of Lucene), the average length a constant, 102, so that an
-- impact depends on its paper alone and never goes stale, and tf = how often the word stands in title and abstract,
-- plus 2 if the title has it.

-- k1 * (1 - b + b * length / average)
CREATE FUNCTION search_saturation(length integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT 0.3::float8 + 0.9::float8 / 102 * length $$;

-- tf of one word. term: the word; in_title: the word with weight A.
-- With equal weights ts_rank of one word is the sum of 1/i² for i from 1 to its occurrences, over π²/6 (calc_rank_or in
-- PostgreSQL's tsrank.c). What that lacks to 1 is about 1/(occurrences + 1/2), so rounding gives the exact number, in a
-- fiftieth of the time that unnesting the tsvector takes.
CREATE FUNCTION search_tf(words tsvector, term tsquery, in_title tsquery) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT round(1 / (1.6449340668482264 * (1 - ts_rank('{1,1,1,1}', words, term))) - 0.5)
    + CASE WHEN words @@ in_title THEN 2 ELSE 0 END
$$;

-- The words of a paper, and each again for every tier that its impact reaches: "model", "model~1", "model~2".
-- The cost keeps the planner from computing it for each row of a table, where the index has it.
-- Tiers begin at an impact of 0.6, 0.68, 0.76, 0.82, 0.86, 0.89 and 0.92: each has about half the papers of the one
-- below. Here as tf / saturation, which is impact / (1 - impact).
CREATE FUNCTION search_impacts(words tsvector, length integer) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT COST 20000
AS $$
SELECT strip(ts_filter(words, '{a,d}')) || array_to_tsvector(ARRAY(
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
    WHERE odds >= 1.5
))
$$;

-- An index alone: the words it holds are stored nowhere. While papers are loaded up to 4 MB of new ones wait in a list, as
-- in paper_search_words, and every search reads it, which takes a millisecond; the end of a load empties it.
CREATE INDEX paper_search_impacts ON paper_search USING gin (search_impacts(words, length))
WITH (fastupdate = on, gin_pending_list_limit = 4096);
-- The planner's statistics of it would tell nothing, and take a minute to gather.
ALTER INDEX paper_search_impacts ALTER COLUMN 1 SET STATISTICS 0;

-- How many papers have a word, as of the last refresh (service/ingest/statistics.py). Not here: one paper, or none.
CREATE TABLE search_terms (
    lexeme text COLLATE "C" PRIMARY KEY,
    papers integer NOT NULL,
    -- How many reach each of the seven tiers; null where the word is too rare for it to matter.
    tiers integer[]
);

CREATE TABLE search_statistics (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- Papers at the last refresh, and how many were written since.
    papers integer NOT NULL DEFAULT 0,
    changes integer NOT NULL DEFAULT 0,
    refreshed_at timestamptz
);
INSERT INTO search_statistics DEFAULT VALUES;

-- What search_terms should hold: words that two papers or more have.
CREATE FUNCTION search_count_terms() RETURNS TABLE (lexeme text, papers integer, tiers integer[])
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
SELECT lexeme, count(*)::integer, CASE WHEN count(*) >= 200 THEN ARRAY[
    count(*) FILTER (WHERE odds >= 1.5), count(*) FILTER (WHERE odds >= 2.125),
    count(*) FILTER (WHERE odds >= 3.16666667), count(*) FILTER (WHERE odds >= 4.55555556),
    count(*) FILTER (WHERE odds >= 6.14285714), count(*) FILTER (WHERE odds >= 8.09090909),
    count(*) FILTER (WHERE odds >= 11.5)
]::integer[] END
FROM (
    SELECT word.lexeme, (cardinality(positions) + CASE WHEN weights @> '{A}' THEN 2 ELSE 0 END)
        / search_saturation(length) AS odds
    FROM paper_search, unnest(words) AS word WHERE word.lexeme NOT LIKE '@%'
    OFFSET 0
) AS found
GROUP BY lexeme HAVING count(*) > 1
$$;

-- The units of a query that must all hold, from words.parse_words: each plain word is one, each phrase, each group of
-- alternatives. telling: the part of it that says what a paper should be about, by which papers are ranked; empty for
-- what only excludes, and for authors. spelled: that part as it was written.
CREATE FUNCTION search_units(clauses jsonb) RETURNS TABLE (words tsquery, telling tsquery, spelled text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    clause jsonb;
    term jsonb;
    parts text[];
    place integer;
    alternative tsquery;
BEGIN
    FOR clause IN SELECT value FROM jsonb_array_elements(clauses) LOOP
        term := clause -> 0;
        IF jsonb_array_length(clause) = 1 AND NOT (term ->> 'phrase')::boolean AND NOT (term ->> 'negated')::boolean
            AND term ->> 'field' IS NULL
        THEN
            -- "llama3.1" is "llama-3.1", which finds "Llama 3.1" too.
            parts := regexp_split_to_array(btrim(search_text(
                regexp_replace(term ->> 'text', '\m([[:alpha:]]{2,})([0-9]+\.[0-9])', '\1-\2', 'g')
            )), '\s+');
            place := 1;
            WHILE place <= cardinality(parts) LOOP
                -- "gpt 4", "llama 3.1": a name and its version are one word.
                IF parts[place] ~ '^[a-z]{2,}$' AND parts[place + 1] ~ '^[0-9]{1,3}(\.[0-9]{1,2})?[a-z]?$'
                    AND numnode(plainto_tsquery('colophon', parts[place])) > 0
                THEN
                    spelled := parts[place] || '-' || parts[place + 1];
                    place := place + 1;
                ELSE
                    spelled := parts[place];
                END IF;
                place := place + 1;
                words := search_word(spelled);
                telling := words;
                IF numnode(words) > 0 THEN
                    RETURN NEXT;
                END IF;
            END LOOP;
        ELSE
            words := ''::tsquery;
            telling := ''::tsquery;
            spelled := '';
            FOR term IN SELECT value FROM jsonb_array_elements(clause) LOOP
                alternative := search_term(term);
                IF numnode(alternative) > 0 AND (term ->> 'negated')::boolean THEN
                    alternative := !!alternative;
                ELSIF term ->> 'field' IS DISTINCT FROM 'author' THEN
                    telling := telling || alternative;
                    -- Nothing in the spelling reaches over the end of a line.
                    spelled := spelled || E'\n' || (term ->> 'text');
                END IF;
                words := words || alternative;
            END LOOP;
            IF numnode(words) > 0 THEN
                RETURN NEXT;
            END IF;
        END IF;
    END LOOP;
END
$$;

-- A whole query: all units.
CREATE OR REPLACE FUNCTION search_query(clauses jsonb) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    unit record;
    result tsquery := ''::tsquery;
BEGIN
    FOR unit IN SELECT * FROM search_units(clauses) LOOP
        result := result && unit.words;
    END LOOP;
    RETURN result;
END
$$;

-- How a query is ranked. Arrays run over its lexemes.
CREATE TYPE search_plan AS (
    -- All units; any of those that tell something, and all others (null where that would be the same). Of units of which
    -- no word is kept none.
    all_of tsquery,
    any_of tsquery,
    -- What is ranked by, the rarest first, and what was left out beyond the 32 rarest.
    lexemes text[],
    dropped text[],
    -- For search_tf.
    terms tsquery[],
    titles tsquery[],
    weights float8[],
    -- The weights by the number that a lexeme has in the query: what to give search_plan for the next page.
    numbers integer[],
    -- Of each unit the tsquery of its lexemes, as text: what a paper must have, without positions and weights. Some are
    -- not ranked by: of "gpt4" those of its other spelling, "gpt 4".
    boxes text[],
    others text[],
    -- The units, by number, of which a word is kept.
    kept integer[],
    -- Whether what the last box holds is what matches.
    is_exact boolean,
    -- Of the alternatives of one group a paper needs one, of that all lexemes. Group 0: none ("bert OR author:x").
    groups integer[],
    alternatives integer[],
    -- Whether it is one of the words to choose from in "galaxy OR cluster".
    choices boolean[],
    -- How many papers have each in tier 0 (at all) to 7: eight numbers a lexeme.
    counts float8[],
    papers float8
);

-- weights: {number: weight} as an earlier plan of this query had them, so that the pages of one search are ranked alike
-- whatever was loaded in between; null for those of now.
CREATE FUNCTION search_plan(clauses jsonb, weights jsonb) RETURNS search_plan
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    plan search_plan;
    unit record;
    units tsquery[] := '{}';
    is_bounded boolean := true;
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
    is_needed boolean;
BEGIN
    plan.all_of := ''::tsquery;
    plan.boxes := '{}';
    plan.others := '{}';
    FOR unit IN SELECT * FROM search_units(clauses) LOOP
        plan.all_of := plan.all_of && unit.words;
        IF numnode(unit.telling) = 0 THEN
            needed := needed && unit.words;
            CONTINUE;
        END IF;
        units := units || unit.words;
        is_needed := unit.words::text !~ '!|''@';
        is_bounded := is_bounded AND is_needed;
        IF is_needed THEN
            plan.boxes := plan.boxes || format('( %s )', regexp_replace(
                regexp_replace(unit.telling::text, ':[A-D*]+', '', 'g'), '<(-|[0-9]+)>', '&', 'g'
            ));
        END IF;
        ranked := tsvector_to_array(search_words(unit.spelled));
        all_lexemes := ARRAY(SELECT match[1] FROM regexp_matches(unit.telling::text, '''([^'']+)''', 'g') AS match);
        -- Spelled twice a few words are others than spelled once: "v1.2.3".
        IF NOT ranked && all_lexemes THEN
            ranked := all_lexemes;
        END IF;
        "group" := "group" + 1;
        FOR alternative IN
            SELECT * FROM regexp_split_to_table(unit.telling::text, ' \| ') WITH ORDINALITY AS a (words, number)
        LOOP
            FOR lexeme IN SELECT match[1] FROM regexp_matches(alternative.words, '''([^'']+)''', 'g') AS match LOOP
                CONTINUE WHEN lexeme LIKE '@%';
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
                    IF strpos(unit.telling::text, '|') = 0 THEN
                        "group" := "group" + 1;
                    END IF;
                    found_groups := found_groups || CASE WHEN is_needed THEN "group" ELSE 0 END;
                    found_alternatives := found_alternatives || alternative.number::integer;
                    -- Of one word's spellings there is nothing to choose: "few-shot".
                    found_choices := found_choices
                        || (strpos(unit.telling::text, '|') > 0 AND strpos(btrim(unit.spelled, E'\n'), E'\n') > 0);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
    plan.others := ARRAY(SELECT unnest(plan.others) EXCEPT SELECT unnest(found));
    -- Not with phrases, fields, exclusions and authors.
    plan.is_exact := is_bounded AND plan.all_of::text !~ '[:!<@]';
    SELECT greatest(s.papers, 1) INTO plan.papers FROM search_statistics s;
    WITH known AS (
        SELECT word.*, coalesce(t.papers, 1) AS papers
        FROM unnest(found, found_groups, found_alternatives, found_choices, found_times) WITH ORDINALITY
            AS word (lexeme, grouped, alternative, choice, times, number) LEFT JOIN search_terms t ON t.lexeme = word.lexeme
    ), weighed AS (
        SELECT known.*, coalesce(
            (search_plan.weights ->> known.number::text)::float8,
            -- More than nothing, since the boxes divide by it.
            CASE WHEN search_plan.weights IS NULL THEN greatest(0.0001, round((times * ln(
                1 + (greatest(plan.papers, papers) - papers + 0.5) / (papers + 0.5)
            ))::numeric, 4)::float8) END
        ) AS weight
        FROM known
    ), ranked AS (
        SELECT *, row_number() OVER (ORDER BY weight DESC NULLS LAST, weighed.lexeme) AS place FROM weighed
    )
    SELECT
        coalesce(array_agg(ranked.lexeme ORDER BY place) FILTER (WHERE kept), '{}'),
        coalesce(array_agg(ranked.lexeme ORDER BY place) FILTER (WHERE NOT kept), '{}'),
        coalesce(array_agg(format('%L', ranked.lexeme)::tsquery ORDER BY place) FILTER (WHERE kept), '{}'),
        coalesce(array_agg(format('%L:A', ranked.lexeme)::tsquery ORDER BY place) FILTER (WHERE kept), '{}'),
        coalesce(array_agg(weight ORDER BY place) FILTER (WHERE kept), '{}'),
        coalesce(array_agg(number::integer ORDER BY place) FILTER (WHERE kept), '{}'),
        coalesce(array_agg(grouped ORDER BY place) FILTER (WHERE kept), '{}'),
        coalesce(array_agg(ranked.alternative ORDER BY place) FILTER (WHERE kept), '{}'),
        coalesce(array_agg(choice ORDER BY place) FILTER (WHERE kept), '{}')
    INTO plan.lexemes, plan.dropped, plan.terms, plan.titles, plan.weights, plan.numbers, plan.groups,
        plan.alternatives, plan.choices
    FROM ranked, LATERAL (SELECT place <= 32 AND weight IS NOT NULL) AS k (kept);
    plan.kept := ARRAY(
        SELECT DISTINCT unit_number FROM unnest(owners, owned) AS o (unit_number, lexeme)
        WHERE o.lexeme = ANY (plan.lexemes) ORDER BY 1
    );
    -- Where a unit does not bound the papers, all of them would have to be looked through.
    IF cardinality(units) > 1 AND cardinality(plan.kept) > 0 AND is_bounded THEN
        plan.any_of := ''::tsquery;
        FOR place IN 1 .. cardinality(plan.kept) LOOP
            plan.any_of := plan.any_of || units[plan.kept[place]];
        END LOOP;
        plan.any_of := plan.any_of && needed;
    END IF;
    plan.counts := ARRAY(
        SELECT coalesce(CASE WHEN tier > 0 THEN t.tiers[tier] END, t.papers, 1)::float8
        FROM unnest(plan.lexemes) WITH ORDINALITY AS word (lexeme, place)
            LEFT JOIN search_terms t ON t.lexeme = word.lexeme, generate_series(0, 7) AS tier
        ORDER BY place, tier
    );
    RETURN plan;
END
$$;

-- A plan for words that are known already, any of which is enough: as far as search_box(…, true, …) and the score need it.
CREATE FUNCTION search_plan_of(lexemes text[], weights float8[]) RETURNS search_plan
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    plan search_plan;
BEGIN
    plan.lexemes := lexemes;
    plan.dropped := '{}';
    plan.terms := ARRAY(SELECT format('%L', lexeme)::tsquery FROM unnest(lexemes) WITH ORDINALITY AS w (lexeme, n) ORDER BY n);
    plan.titles := ARRAY(SELECT format('%L:A', lexeme)::tsquery FROM unnest(lexemes) WITH ORDINALITY AS w (lexeme, n) ORDER BY n);
    plan.weights := weights;
    plan.boxes := ARRAY(SELECT format('%L', lexeme) FROM unnest(lexemes) WITH ORDINALITY AS w (lexeme, n) ORDER BY n);
    plan.others := '{}';
    plan.kept := ARRAY(SELECT generate_series(1, cardinality(lexemes)));
    RETURN plan;
END
$$;

-- A box: the papers whose impacts reach these tiers, one a lexeme; none reaches tier 8. any_word: one of the units is
-- enough. Null where the words do not bound it.
CREATE FUNCTION search_box(plan search_plan, any_word boolean, tiers integer[]) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    boxes text[];
    box text;
    lexeme text;
    is_last boolean := 0 = ALL (tiers);
BEGIN
    FOR unit IN 1 .. cardinality(plan.boxes) LOOP
        CONTINUE WHEN any_word AND unit <> ALL (plan.kept);
        box := plan.boxes[unit];
        FOR place IN 1 .. cardinality(plan.lexemes) LOOP
            lexeme := plan.lexemes[place];
            IF tiers[place] > 0 THEN
                box := replace(box, format('''%s''', lexeme), format('''%s~%s''', lexeme, tiers[place]));
            END IF;
        END LOOP;
        -- An alternative that papers are not ranked by counts as nothing, so it is in the last box only.
        IF NOT is_last AND strpos(box, '|') > 0 THEN
            FOREACH lexeme IN ARRAY plan.others || plan.dropped LOOP
                box := replace(box, format('''%s''', lexeme), format('''%s~8''', lexeme));
            END LOOP;
        END IF;
        boxes := boxes || box;
    END LOOP;
    RETURN array_to_string(boxes, CASE WHEN any_word THEN ' | ' ELSE ' & ' END)::tsquery;
END
$$;

-- The next box to look into: inside it the best papers are expected, `wanted` of them or more, or it is the last one,
-- all tiers 0. inside: every box holds the one before.
--
-- All words: the score that a paper lacks to the highest possible is the sum of weight * (1 - impact). If it lacks
-- d at most, no word lacks more, so its impact is 1 - d / weight or more. The boxes are those of growing d, so rare
-- words must stand out and common ones need not. They are left before they are sure to hold the best papers; of the
-- best ten they held all on the queries of docs/search.md.
-- Any word: of each word the best papers, 2,500 of the rarest, then 10,000, …, and of the others less as they weigh less.
--
-- expected: how many papers. Of several words, the rarest one's, times the share of papers that each other has to the
-- power of 0.6, as words of one subject keep company (0.6: docs/search.md). ratio: how many there really were for one
-- that was expected, in an earlier box.
CREATE FUNCTION search_next(
    plan search_plan, any_word boolean, inside integer[], ratio float8, wanted float8,
    OUT tiers integer[], OUT expected float8
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    words integer := cardinality(plan.lexemes);
    budget float8 := 2500;
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
                sum(CASE WHEN enough < 8 THEN plan.counts[(word - 1) * 8 + 1 + least(enough, coalesce(inside[word], 8))] ELSE 0 END),
                bool_and(enough = 0)
            INTO tiers, expected, last
            FROM generate_series(1, words) AS word, LATERAL (
                SELECT coalesce(min(tier), 8) FROM generate_series(0, 7) AS tier
                WHERE plan.counts[(word - 1) * 8 + 1 + tier] <= budget * plan.weights[word] / plan.weights[1]
            ) AS e (enough);
            EXIT WHEN coalesce(last, true) OR (tiers IS DISTINCT FROM inside AND expected * ratio >= wanted);
            budget := budget * 4;
        END LOOP;
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
                WHERE plan.counts[(word - 1) * 8 + 1 + tier] <= budget * plan.weights[word] / plan.weights[1]
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

CREATE FUNCTION search_expected(plan search_plan, tiers integer[]) RETURNS float8
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
                WHERE "group" > 0
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
            IF plan.groups[word] > 0 THEN
                papers := greatest(least(plan.counts[(word - 1) * 8 + 1 + tiers[word]], plan.papers), 0.5);
                least_papers := least(least_papers, papers);
                shares := shares + ln(papers / plan.papers);
            END IF;
        END LOOP;
    END IF;
    RETURN least_papers * exp(0.6 * (shares - ln(least_papers / plan.papers)));
END
$$;

-- Papers where the words of any of these names stand as near each other as in one author's name (search_authors gives
-- each author 16 places): of author_query those that are worth a look at the names. Beyond author 1,022 all places are
-- one. Words of one name that are more than 15 apart are not found.
CREATE FUNCTION author_near_query(names text[]) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT coalesce(string_agg('(' || coalesce(near, alone) || ')', ' | '), '')::tsquery
FROM unnest(names) AS n (name),
    LATERAL (SELECT array_agg(DISTINCT word) FROM unnest(author_words(name)) AS word) AS w (words),
    LATERAL (SELECT format('%L', '@' || words[1]) WHERE words IS NOT NULL) AS a (alone),
    LATERAL (
        SELECT string_agg('(' || pair || ')', ' & ') FROM (
            SELECT string_agg(format('%1$L <%3$s> %2$L | %2$L <%3$s> %1$L', '@' || words[1], '@' || other, distance), ' | ')
            FROM unnest(words[2:]) AS other, generate_series(1, 15) AS distance
            GROUP BY other
        ) AS pairs (pair)
    ) AS b (near)
$$;

-- The papers that are here already.
INSERT INTO search_terms SELECT * FROM search_count_terms();
UPDATE search_statistics SET papers = (SELECT count(*) FROM paper_search), refreshed_at = now();
