-- The functions of 0003_create_search.sql that spell papers for the index, faster: every result is as it was.
-- What they cost is mostly regular expressions: PostgreSQL builds the states of one anew each time it is applied, and
-- never keeps those behind \m or a lookaround. So a text passes through one only if a plain search says that it would
-- change something. docs/decisions/0003-search-words-in-sql.md has the reasons for the spelling itself.

-- The words of a text that touch a hyphen, a few of their neighbours, and a hyphen at the end: what there is to look at
-- for hyphens, in a tenth of the text.
CREATE FUNCTION search_hyphens(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    piece text;
    near text := '';
BEGIN
    FOREACH piece IN ARRAY string_to_array(t, '-') LOOP
        near := near || CASE
            WHEN strpos(piece, ' ') > 0 THEN split_part(piece, ' ', 1) || ' ' || split_part(piece, ' ', -1) ELSE piece
        END || '-';
    END LOOP;
    RETURN near;
END
$$;

-- search_text but for its last step: other punctuation is still there.
CREATE FUNCTION search_spelling(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    near text := '';
BEGIN
    IF octet_length(t) = length(t) THEN
        t := lower(t);
    ELSE
        -- Compatibility forms and accents; one kind of hyphen.
        t := regexp_replace(lower(normalize(t, NFKD)), '[\u0300-\u036f\u00ad]', '', 'g');
        t := regexp_replace(t, '[\u2010-\u2013\u2212]', '-', 'g');
    END IF;
    -- CodeT5+, C++, C#
    IF strpos(t, '+') > 0 THEN
        t := regexp_replace(t, '([a-z0-9])\+\+', '\1plusplus', 'g');
        t := regexp_replace(t, '([a-z0-9])\+(?![a-z0-9])', '\1plus', 'g');
    END IF;
    IF strpos(t, '#') > 0 THEN
        t := regexp_replace(t, '\m([cf])#', '\1sharp', 'g');
    END IF;
    IF strpos(t, '-') > 0 THEN
        near := search_hyphens(t);
    END IF;
    -- What can be a word of its own is joined only across a hyphen: "re-ranking" is "reranking".
    -- Building the states of this expression costs more than looking for the ends of its words first.
    IF (strpos(near, 're-') > 0 OR strpos(near, 'co-') > 0 OR strpos(near, 'un-') > 0 OR strpos(near, 'de-') > 0
            OR strpos(near, 'bi-') > 0 OR strpos(near, 'tri-') > 0 OR strpos(near, 'ni-') > 0
            OR strpos(near, 'sub-') > 0 OR strpos(near, 'auto-') > 0 OR strpos(near, 'meta-') > 0
            OR strpos(near, 'cro-') > 0 OR strpos(near, 'per-') > 0 OR strpos(near, 'ultra-') > 0
            OR strpos(near, 'trans-') > 0 OR strpos(near, 'post-') > 0 OR strpos(near, 'counter-') > 0
            OR strpos(near, 'neuro-') > 0 OR strpos(near, 'io-') > 0 OR strpos(near, 'eo-') > 0
            OR strpos(near, 'hetero-') > 0 OR strpos(near, 'homo-') > 0)
        AND near ~ '(?:re|co|un|de|bi|tri|uni|sub|auto|meta|mini|micro|macro|hyper|super|ultra|trans|post|counter|neuro|bio|geo|hetero|homo)-[a-z]{2}'
    THEN
        t := regexp_replace(t, '\m(re|co|un|de|bi|tri|uni|sub|auto|meta|mini|micro|macro|hyper|super|ultra|trans|post|counter|neuro|bio|geo|hetero|homo)-(?=[a-z]{2})', '\1', 'g');
    END IF;
    -- "pre", "non" and the like never are: "pre trained" is "pretrained".
    IF strpos(t, 'pre ') > 0 OR strpos(t, 'non ') > 0 OR strpos(t, 'multi ') > 0 OR strpos(t, 'semi ') > 0
        OR strpos(t, 'anti ') > 0 OR strpos(t, 'inter ') > 0 OR strpos(t, 'intra ') > 0 OR strpos(t, 'quasi ') > 0
        OR strpos(t, 'pseudo ') > 0 OR strpos(near, 'pre-') > 0 OR strpos(near, 'non-') > 0 OR strpos(near, 'multi-') > 0
        OR strpos(near, 'semi-') > 0 OR strpos(near, 'anti-') > 0 OR strpos(near, 'inter-') > 0 OR strpos(near, 'intra-') > 0
        OR strpos(near, 'quasi-') > 0 OR strpos(near, 'pseudo-') > 0
    THEN
        t := regexp_replace(t, '\m(pre|non|multi|semi|anti|inter|intra|quasi|pseudo)[- ](?=[a-z]{2})', '\1', 'g');
    END IF;
    -- A point stays inside a number, but not in GPT3.5, Qwen2.5: after letters and digits it would read as a host name.
    IF strpos(t, '.') > 0 THEN
        IF t ~ '\.[0-9]' THEN
            t := regexp_replace(t, '([a-z][0-9]*)\.([0-9])', '\1\2', 'g');
            t := regexp_replace(t, '\.(?![0-9])|(?<![0-9])\.', ' ', 'g');
        ELSE
            t := replace(t, '.', ' ');
        END IF;
    END IF;
    RETURN t;
END
$$;

CREATE OR REPLACE FUNCTION search_text(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
BEGIN
    RETURN regexp_replace(search_spelling(t), '[!-,/:-@[-^`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2014-\u206f\u3000-\u303f]', ' ', 'g');
END
$$;

CREATE OR REPLACE FUNCTION search_parts(normal text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT replace(replace(normal, '-', ' '), '_', ' ') $$;

-- The words of what search_spelling returned.
CREATE FUNCTION search_spelled(normal text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    compounds text := '';
    words tsvector;
BEGIN
    IF octet_length(normal) = length(normal) THEN
        -- Only what stands at a hyphen can be a compound.
        IF strpos(normal, '_') > 0 THEN
            compounds := normal;
        ELSIF strpos(normal, '-') > 0 THEN
            compounds := search_hyphens(normal);
        END IF;
        IF compounds <> '' THEN
            compounds := search_compounds(regexp_replace(compounds, '[!-,/:-@[-^`{-\u007f]', ' ', 'g'));
        END IF;
        -- The parser takes the other signs of ASCII for spaces anyway, now that no points or slashes begin a host or path.
        normal := replace(replace(normal, ':', ' '), '/', ' ');
        IF normal ~ '[#%&+<=>?@\\^~]' THEN
            normal := regexp_replace(normal, '[#%&+<=>?@\\^~]', ' ', 'g');
        END IF;
    ELSE
        normal := regexp_replace(normal, '[!-,/:-@[-^`{-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2014-\u206f\u3000-\u303f]', ' ', 'g');
        compounds := search_compounds(normal);
    END IF;
    words := to_tsvector('colophon', search_parts(normal));
    IF compounds <> '' THEN
        words := words || to_tsvector('colophon', compounds);
    END IF;
    RETURN words;
END
$$;

CREATE OR REPLACE FUNCTION search_words(t text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT search_spelled(search_spelling(t)) $$;

-- All names at once, one a line.
CREATE OR REPLACE FUNCTION search_authors(authors text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    normal text := search_parts(search_text(array_to_string(authors, E'\n', '')));
    names text[] := string_to_array(normal, E'\n');
    name text;
    word text;
    author integer := 0;
    place integer;
    words text := '';
BEGIN
    -- A name with a line break, a tab or the like: each by itself.
    IF cardinality(names) <> cardinality(authors) OR replace(replace(normal, ' ', ''), E'\n', '') ~ '[\s\\'']' THEN
        RETURN coalesce(string_agg(format('%L:%s', '@' || w.word, least(a.author * 16 + w.place, 16383)), ' '), '')::tsvector
            FROM unnest(authors) WITH ORDINALITY AS a (name, author),
                unnest(author_words(a.name)) WITH ORDINALITY AS w (word, place);
    END IF;
    FOREACH name IN ARRAY names LOOP
        author := author + 16;
        place := author;
        FOREACH word IN ARRAY string_to_array(name, ' ') LOOP
            IF word <> '' AND length(word) <= 200 THEN
                place := place + 1;
                words := words || ' ''@' || word || ''':' || least(place, 16383);
            END IF;
        END LOOP;
    END LOOP;
    RETURN words::tsvector;
END
$$;

CREATE OR REPLACE FUNCTION search_document(title text, abstract text, authors text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    both_texts text;
    place integer;
BEGIN
    IF strpos(title, E'\n') > 0 THEN
        RETURN setweight(search_words(title), 'A') || search_words(abstract) || setweight(search_authors(authors), 'B');
    END IF;
    -- Nothing in the spelling reaches over a line break.
    both_texts := search_spelling(title || E'\n' || abstract);
    place := strpos(both_texts, E'\n');
    RETURN setweight(search_spelled(left(both_texts, place - 1)), 'A') || search_spelled(substr(both_texts, place + 1))
        || setweight(search_authors(authors), 'B');
END
$$;

-- Of a search_document: authors have weight B, and no lexeme has a colon or a comma, so those in the text of the
-- tsvector are one for each position.
CREATE OR REPLACE FUNCTION search_length(words tsvector) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
SELECT cardinality(string_to_array(replace(' ' || ts_filter(words, '{a,d}')::text, ':', ','), ',')) - 1
$$;
