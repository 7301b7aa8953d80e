-- Highlights: where the words of a query stand in a title or an abstract as they are stored. ts_headline would cost
-- more than the search, and its HTML cannot be trusted.
--
-- A query is prepared once (search_marks): regular expressions find what may be one of its words, and what they find is
-- read by search_words, as the index was, so that both agree about what is the same word. A text is marked by
-- search_highlight. In between it is in a plain spelling (search_plain) that has as many characters, so places hold.

-- patterns: regular expressions over search_plain; words: of each, what its matches must have to be marked.
CREATE TYPE search_marks AS (
    title_patterns text[],
    title_words tsquery[],
    abstract_patterns text[],
    abstract_words tsquery[]
);

-- A text in lower case without accents, each character for one. U+0003 stands for what does not count, as a combining
-- accent, U+0004 for a sign that is spelled with several, as a ligature; U+0001 and U+0002 never occur.
CREATE FUNCTION search_plain(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    plain text := lower(t COLLATE "C");
    others text[];
    changed text;
    changes text;
BEGIN
    IF strpos(plain, E'\x01') + strpos(plain, E'\x02') + strpos(plain, E'\x03') + strpos(plain, E'\x04') > 0 THEN
        plain := translate(plain, E'\x01\x02\x03\x04', '    ');
    END IF;
    -- Most text is ASCII.
    IF octet_length(plain) = length(plain) THEN
        RETURN plain;
    END IF;
    others := ARRAY(
        SELECT DISTINCT other FROM string_to_table(regexp_replace(plain, '[\u0001-\u007f]+', '', 'g'), NULL) AS other
    );
    -- One call for all: a line is a character.
    SELECT string_agg(other, ''), string_agg(change, '') INTO changed, changes
    FROM unnest(others, string_to_array(search_text(array_to_string(others, E'\n') || E'\n'), E'\n'))
            AS o (other, spelled),
        LATERAL (SELECT normalize(spelled, NFC)) AS n (normal),
        LATERAL (SELECT CASE
            WHEN normal = '' THEN E'\x03'
            WHEN normal ~ '^[- ]$|^\w$' THEN normal
            WHEN normal ~ '^\w' THEN E'\x04'
            ELSE ' '
        END) AS c (change)
    WHERE change <> other;
    RETURN coalesce(translate(plain, changed, changes), plain);
END
$$;

-- The beginning of all words with this lexeme, as a regular expression: a stem shares all but its last letter with them
-- ("categori": category, categories). What the index joined may have hyphens in between ("pretrain": pre-training).
-- W stands for a sign of a word; a lexeme has no capitals.
CREATE FUNCTION search_stem_pattern(lexeme text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    stem text := regexp_replace(normalize(lexeme, NFC), '[\u0001-/:-`{-\u007f]', '', 'g');
    is_long boolean := length(stem) > 40;
    is_cut boolean := stem ~ '^..[eiy]$|...[eily]$';
BEGIN
    IF length(stem) = 1 THEN
        -- A word of one letter has no other form.
        RETURN stem || CASE WHEN stem IN ('c', 'f') THEN '#?' ELSE '' END || '(?!W)';
    ELSIF stem ~ '^[a-z]ie$' THEN
        -- "lie": lying
        RETURN left(stem, 1) || '[iy]';
    ELSIF is_cut THEN
        stem := left(stem, -1);
    END IF;
    -- "pre training" is joined too.
    stem := regexp_replace(stem, '^(pre|non|multi|semi|anti|inter|intra|quasi|pseudo)(?=[a-z]{2})', '\1 ');
    stem := regexp_replace(stem, '(?<=.)plus', '+', 'g');
    stem := regexp_replace(stem, '^([cf])sharp', '\1#');
    stem := regexp_replace(left(stem, 40), '(.)(?=.)', '\1[-_.\u0003]*', 'g');
    stem := replace(replace(replace(stem, '+', '(?:\+|plus)'), '#', '(?:#|sharp)'), ' ', ' ?');
    RETURN stem || CASE
        -- Of a very long word the beginning is enough, if what follows may be joined too.
        WHEN is_long THEN '(?:[-_.]*W)*'
        -- "sigma_i"
        WHEN is_cut THEN '(?:[-_.]+[eily])?'
        ELSE ''
    END;
END
$$;

-- Regular expressions for what may be one of these words and phrases ("'gpt' <-> '4'"): one, but for what begins as
-- something else does, since what is found for one would then hide the other.
-- R stands for the rest of a word, G for what is between two.
CREATE FUNCTION search_patterns(units text[], OUT patterns text[], OUT words tsquery[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
#variable_conflict use_column
BEGIN
    WITH unit AS MATERIALIZED (
        SELECT u.place, u.unit AS words,
            array_agg(w.word[2] ORDER BY w.place) AS lexemes, array_agg(left(w.word[2], 3) ORDER BY w.place) AS heads,
            string_agg(CASE
                WHEN w.word[1] IS NULL THEN ''
                -- "1.7B" is two words without anything between.
                WHEN w.word[1] = '-' AND length(w.word[2]) = 1 THEN 'RG?'
                WHEN w.word[1] = '-' THEN 'RG'
                -- The words that the phrase leaves out, as "is all you" of "attention is all you need".
                ELSE 'RG(?:W+G){' || least(w.word[1]::integer - 1, 30) || '}'
            END || search_stem_pattern(w.word[2]), '' ORDER BY w.place) AS pattern
        FROM unnest(search_patterns.units) WITH ORDINALITY AS u (unit, place),
            regexp_matches(u.unit, '(?: <(-|[0-9]+)> )?''([^'']+)''', 'g') WITH ORDINALITY AS w (word, place)
        GROUP BY u.place, u.unit
    ), extended AS (
        -- "gpt4" is found for "gpt" too.
        SELECT u.place FROM unit AS u JOIN unit AS other ON other.heads = u.heads
        WHERE cardinality(u.lexemes) = 1 AND u.lexemes[1] LIKE other.lexemes[1] || '_%'
    ), shared AS (
        SELECT words, pattern, place, CASE
            WHEN cardinality(lexemes) = 1 THEN place IN (SELECT place FROM extended)
            ELSE EXISTS (
                SELECT FROM unit AS other WHERE other.place <> u.place AND other.heads && u.heads
                -- But "gpt 4" does not hide "gpt4".
                AND NOT (cardinality(other.lexemes) = 1 AND other.lexemes[1] LIKE
                    left(u.lexemes[1], 2) || '%' || left(u.lexemes[cardinality(u.lexemes)], 2) || '%')
            )
        END AS is_shared
        FROM unit AS u
    ), parts AS (
        SELECT words, pattern,
            CASE WHEN is_shared THEN least(row_number() OVER (PARTITION BY is_shared ORDER BY place), 4) ELSE 0 END
                AS part
        FROM shared
    ), found AS (
        SELECT part, '(?<!W)(?:' || string_agg(pattern, '|') || ')R' AS pattern,
            string_agg(parts.words, ' | ')::tsquery AS words
        FROM parts GROUP BY part
    )
    SELECT
        coalesce(array_agg(replace(replace(replace(pattern,
            'R', '(?:W|\+\+|\.[0-9])*(?:\+(?!W))?'),
            'G', '(?:[\u0005-/:-@[-`{-\u007f]+)'),
            'W', '[^\u0005-/:-@[-`{-\u007f]') ORDER BY part), '{}'),
        coalesce(array_agg(found.words ORDER BY part), '{}')
    INTO patterns, words
    FROM found;
END
$$;

-- A query's marks. Of the query all words and phrases that are not negated and are no authors'.
CREATE FUNCTION search_marks(query tsquery) RETURNS search_marks
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    positive text := query::text;
    of_title text[];
    of_abstract text[];
    marks search_marks;
BEGIN
    -- Brackets stand where operators need them, three deep at most.
    positive := regexp_replace(
        positive, '!(?:''[^'']*''(?::[A-D]+)?|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))', '', 'g'
    );
    of_title := ARRAY(
        SELECT DISTINCT unit[1]
        FROM regexp_matches(
            positive, '(''[^'']+''(?::[A-D]+)?(?: <(?:-|[0-9]+)> ''[^'']+''(?::[A-D]+)?)*)', 'g'
        ) AS unit
        WHERE unit[1] NOT LIKE '''@%'
        ORDER BY 1
    );
    of_abstract := ARRAY(SELECT unit FROM unnest(of_title) AS unit WHERE unit NOT LIKE '%'':A%');
    SELECT * INTO marks.abstract_patterns, marks.abstract_words FROM search_patterns(of_abstract);
    IF of_title = of_abstract THEN
        marks.title_patterns := marks.abstract_patterns;
        marks.title_words := marks.abstract_words;
    ELSE
        of_title := ARRAY(SELECT DISTINCT replace(unit, ''':A', '''') FROM unnest(of_title) AS unit);
        SELECT * INTO marks.title_patterns, marks.title_words FROM search_patterns(of_title);
    END IF;
    RETURN marks;
END
$$;

-- Whether search_text joins a word to what stands before it: "training" is no word of "pre-training".
CREATE FUNCTION search_joins(before text, word text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
SELECT right(before, 4) ~* '-$|(?:pre|non|lti|emi|nti|ter|tra|asi|udo) $' AND word ~* '^[a-z]{2}'
    AND right(before, 9) ~* '\m(?:(?:re|co|un|de|bi|tri|uni|sub|auto|meta|mini|micro|macro|hyper|super|ultra|trans|post|'
        'counter|neuro|bio|geo|hetero|homo)-|(?:pre|non|multi|semi|anti|inter|intra|quasi|pseudo)[- ])$'
$$;

-- A word or some words as the index reads them. Most words are not respelled on their way there.
CREATE FUNCTION search_reads(word text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN word ~ '^[A-Za-z]+$' THEN to_tsvector('colophon', word) ELSE search_words(word) END $$;

-- Where the words stand in a text, from 1. What overlaps is one.
CREATE FUNCTION search_places(t text, patterns text[], words tsquery[]) RETURNS int4multirange
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    plain text := search_plain(t);
    pieces text[];
    piece text;
    before text;
    word text;
    place integer;
    found int4range[] := '{}';
BEGIN
    -- No stem tells how a word with a ligature may begin.
    IF strpos(plain, E'\x04') > 0 THEN
        FOREACH word IN ARRAY words::text[] LOOP
            patterns := patterns || '[a-z0-9]*\u0004(?:[-_.]*[^\u0005-/:-@[-`{-\u007f])*'::text;
            words := words || word::tsquery;
        END LOOP;
    END IF;
    FOR i IN 1 .. cardinality(patterns) LOOP
        pieces := string_to_array(regexp_replace(plain, patterns[i] COLLATE "C", E'\x01\\&\x02', 'g'), E'\x01');
        before := pieces[1];
        place := 1 + length(before);
        FOREACH piece IN ARRAY pieces[2:] LOOP
            word := split_part(piece, E'\x02', 1);
            IF NOT search_joins(before, word) AND search_reads(CASE
                WHEN strpos(word, E'\x04') = 0 THEN replace(word, E'\x03', '')
                ELSE substr(t, place, length(word))
            END) @@ words[i] THEN
                found := found || int4range(place, place + length(word));
            END IF;
            place := place + length(piece) - 1;
            before := piece;
        END LOOP;
    END LOOP;
    RETURN (SELECT coalesce(range_agg(one), '{}') FROM unnest(found) AS one);
END
$$;

-- One text marked: {"ranges": [{"start", "end"}, …], "html"}.
CREATE FUNCTION search_highlight(t text, patterns text[], words tsquery[]) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    pieces text[];
    piece text;
    before text;
    rest text;
    word text;
    known text[] := '{}';
    found int4range;
    place integer;
    ranges text[] := '{}';
    marked text[] := '{}';
    html text;
    -- Signs that stand for the tags until the text is escaped.
    opening integer := 1;
    closing integer := 2;
BEGIN
    IF cardinality(patterns) = 1 AND octet_length(t) = length(t) AND strpos(t, E'\x01') + strpos(t, E'\x02') = 0 THEN
        -- Nearly always so, and several times as fast as search_places, which finds the same.
        pieces := string_to_array(regexp_replace(t, patterns[1] COLLATE "C", E'\x01\\&\x02', 'gi'), E'\x01');
        before := pieces[1];
        place := length(before);
        marked := pieces[:1];
        FOREACH piece IN ARRAY pieces[2:] LOOP
            word := split_part(piece, E'\x02', 1);
            IF NOT word = ANY (known) AND search_reads(word) @@ words[1] THEN
                known := known || word;
            END IF;
            IF word = ANY (known) AND NOT search_joins(before, word) THEN
                ranges := ranges || ('{"start":' || place || ',"end":' || place + length(word) || '}');
                marked := marked || (E'\x01' || piece);
            ELSE
                marked := marked || replace(piece, E'\x02', '');
            END IF;
            place := place + length(piece) - 1;
            before := piece;
        END LOOP;
    ELSE
        -- The first two of the private use area that the text does not use.
        opening := 57344;
        WHILE strpos(t, chr(opening)) > 0 LOOP
            opening := opening + 1;
        END LOOP;
        closing := opening + 1;
        WHILE strpos(t, chr(closing)) > 0 LOOP
            closing := closing + 1;
        END LOOP;
        place := 1;
        -- Cut from the left, as substr would count from the start of the text each time.
        rest := t;
        FOR found IN SELECT unnest(search_places(t, patterns, words)) LOOP
            ranges := ranges || ('{"start":' || lower(found) - 1 || ',"end":' || upper(found) - 1 || '}');
            piece := left(rest, upper(found) - place);
            marked := marked || (left(piece, lower(found) - place) || chr(opening)
                || substr(piece, lower(found) - place + 1) || chr(closing));
            rest := right(rest, place - upper(found));
            place := upper(found);
        END LOOP;
        marked := marked || rest;
    END IF;
    html := replace(replace(replace(array_to_string(marked, ''), '&', '&amp;'), '<', '&lt;'), '>', '&gt;');
    html := replace(replace(html, '"', '&quot;'), '''', '&#39;');
    html := replace(replace(html, chr(opening), '<mark>'), chr(closing), '</mark>');
    RETURN json_build_object('ranges', ('[' || array_to_string(ranges, ',') || ']')::json, 'html', html);
END
$$;

-- {"title": …, "abstract": …}, each as search_highlight has it.
-- plpgsql, as an SQL function would not be inlined where the marks are a subquery, which is how they are made once.
CREATE FUNCTION search_highlights(title text, abstract text, marks search_marks) RETURNS json
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN json_build_object(
        'title', search_highlight(title, marks.title_patterns, marks.title_words),
        'abstract', search_highlight(abstract, marks.abstract_patterns, marks.abstract_words)
    );
END
$$;
