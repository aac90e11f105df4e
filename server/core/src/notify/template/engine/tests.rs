use super::*;

const NAMES: [&str; 4] = ["link", "code", "name", "brand"];

fn sample() -> Value {
    context(&[
        ("link", "https://id.example.org/?a=1&b=2"),
        ("code", "1234-5678"),
        (
            "name",
            "Ana <script>alert(1)</script> & \"co\" 'x'\r\nBcc: evil@example.org",
        ),
        ("brand", "Sereno"),
    ])
}

fn with_html(html: &str) -> EmailSource {
    EmailSource {
        subject: "Subject".to_owned(),
        text: "Text".to_owned(),
        html: html.to_owned(),
    }
}

/// What is wrong with an HTML part, or what it says.
fn html(source: &str) -> Result<String, Fault> {
    check(&with_html(source), &NAMES, &sample())
        .map(|mail| mail.html)
        .map_err(|faults| faults.into_iter().next().unwrap())
}

/// A hundred ways to make templates loop, nest, explode, or reach for what is not theirs. Each is refused with a place and
/// words, before anything leaves.
#[test]
fn hostile_templates_are_refused() {
    let nested = |open: &str, close: &str, depth: usize| format!("{}x{}", open.repeat(depth), close.repeat(depth));
    let doubled = format!("{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(40));
    let hostile: Vec<String> = vec![
        // loops that run on
        "{% for a in range(1000000000) %}x{% endfor %}".into(),
        "{% for a in range(10) %}{% for b in range(10) %}x{% endfor %}{% endfor %}".into(),
        "{% while true %}x{% endwhile %}".into(),
        "{% for a in link %}{% for b in link %}{% for c in link %}{% for d in link %}x{% endfor %}{% endfor %}{% endfor %}{% endfor %}".into(),
        "{% for a in [1,2,3] recursive %}{{ loop([1]) }}{% endfor %}".into(),
        "{% for a in link %}{% continue %}{% endfor %}".into(),
        "{% for a in link %}{% break %}{% endfor %}".into(),
        "{% for a in lipsum(1000) %}x{% endfor %}".into(),
        "{% for a in cycler(1) %}x{% endfor %}".into(),
        "{% for a in %}x{% endfor %}".into(),
        "{% for a in link %}x".into(),
        "{% for in link %}x{% endfor %}".into(),
        // text that grows
        "{{ 'x' * 1000000000 }}".into(),
        "{{ 1000000000 * 'x' }}".into(),
        "{{ [1] * 1000000000 }}".into(),
        "{{ ('x' * 100000) * 100000 }}".into(),
        "{{ link ~ link }}".into(),
        "{{ link + link }}".into(),
        "{{ 2 ** 1000 }}".into(),
        "{{ 9 // 2 }}".into(),
        "{{ 9 / 0 }}".into(),
        "{{ 9 % 0 }}".into(),
        doubled,
        "{% set a = link %}{{ a }}".into(),
        "{% set a %}{{ link }}{% endset %}{{ a }}".into(),
        "{% with a = link %}{{ a }}{% endwith %}".into(),
        "{{ link|replace('h', 'hhhhhhhhhhhhhhhhhhhhhhhhhhh') }}".into(),
        "{{ [link, link]|join(link) }}".into(),
        "{{ link|indent(1000000) }}".into(),
        "{{ '%1000000000s'|format(1) }}".into(),
        "{{ link|center(1000000000) }}".into(),
        "{{ link|list }}".into(),
        "{{ link|batch(1) }}".into(),
        "{{ link|slice(1) }}".into(),
        "{{ link|tojson }}".into(),
        "{{ link|pprint }}".into(),
        "{{ link|split('') }}".into(),
        "{{ link|wordwrap(1) }}".into(),
        "{{ link|urlencode }}".into(),
        // escaping undone
        "{{ name|safe }}".into(),
        "{{ name|e }}".into(),
        "{{ name|escape }}".into(),
        "{% autoescape false %}{{ name }}{% endautoescape %}".into(),
        "{% filter safe %}{{ name }}{% endfilter %}".into(),
        "{% filter upper %}{{ name }}{% endfilter %}".into(),
        "{% raw %}{{ name }}{% endraw %}".into(),
        // other files
        "{% include 'email/layout.html' %}".into(),
        "{% include '/etc/passwd' %}".into(),
        "{% extends 'layout' %}".into(),
        "{% import 'x' as x %}".into(),
        "{% from 'x' import y %}".into(),
        "{% block a %}{% endblock %}".into(),
        "{{ super() }}".into(),
        "{{ self.a() }}".into(),
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}".into(),
        "{% call a() %}{% endcall %}".into(),
        "{% do link %}".into(),
        // reaching out
        "{{ link.__class__ }}".into(),
        "{{ link.__class__.__mro__ }}".into(),
        "{{ ''.__class__.__base__.__subclasses__() }}".into(),
        "{{ link['__class__'] }}".into(),
        "{{ link.upper() }}".into(),
        "{{ link.format('x') }}".into(),
        "{{ ().__class__ }}".into(),
        "{{ [].append(1) }}".into(),
        "{{ loop.cycle('a') }}".into(),
        "{{ loop }}".into(),
        "{{ debug() }}".into(),
        "{{ dict(a=1) }}".into(),
        "{{ namespace() }}".into(),
        "{{ env }}".into(),
        "{{ config }}".into(),
        "{{ config.keys.root }}".into(),
        "{{ request.headers }}".into(),
        "{{ secret }}".into(),
        "{{ token }}".into(),
        "{{ user.password }}".into(),
        "{{ self }}".into(),
        "{{ caller() }}".into(),
        "{{ varargs }}".into(),
        "{{ __name__ }}".into(),
        "{{ Link }}".into(),
        "{{ lin }}".into(),
        "{% if unknown %}x{% endif %}".into(),
        "{% if false %}{{ unknown }}{% endif %}x".into(),
        "{% if false %}{{ link|safe }}{% endif %}x".into(),
        "{% if false %}{{ link|nothing }}{% endif %}x".into(),
        "{{ link is defined }}".into(),
        "{% if link is nothing %}x{% endif %}".into(),
        "{{ link|attr('x') }}".into(),
        "{{ link|map('x') }}".into(),
        "{{ link|select('x') }}".into(),
        "{{ link|dictsort }}".into(),
        "{{ {'a': 1} }}".into(),
        "{{ {'a': {'b': 1}}.a.b }}".into(),
        "{{ 'a'('b') }}".into(),
        "{{ (link)(1) }}".into(),
        "{{ [1][0](1) }}".into(),
        "{{ link|upper|lower|nothing }}".into(),
        // what cannot be read
        "{{".into(),
        "{{ }}".into(),
        "{{ link".into(),
        "{{ link }".into(),
        "{{ 'link }}".into(),
        "{{ link %}".into(),
        "{% if link }}".into(),
        "{% if %}x{% endif %}".into(),
        "{% if link %}".into(),
        "{% endif %}".into(),
        "{% else %}".into(),
        "{% %}".into(),
        "{{ link | }}".into(),
        "{{ link. }}".into(),
        "{{ link[ }}".into(),
        "{{ @ }}".into(),
        "{{ link; }}".into(),
        "{{ link $ }}".into(),
        "{{ `link` }}".into(),
        "{{ liñk }}".into(),
        // too deep
        format!("{{{{ {} }}}}", nested("(", ")", 5_000)),
        format!("{{{{ {} }}}}", nested("[", "]", 5_000)),
        format!("{{{{ {}link }}}}", "not ".repeat(10_000)),
        nested("{% if link %}", "{% endif %}", 1_000),
        nested("{% for a in link %}", "{% endfor %}", 500),
        // too long
        "x".repeat(1_000_000),
        "x".repeat(PART_MAX + 1),
        "{{ link }}".repeat(100_000),
        // not text
        "a\0b".into(),
        "a\u{1b}[31mb".into(),
        "a\u{8}b".into(),
        String::new(),
        " \n ".into(),
        "{% if false %}x{% endif %}".into(),
    ];
    assert!(hostile.len() >= 100, "{}", hostile.len());
    for source in &hostile {
        let shown: String = source.chars().take(120).collect();
        let fault = html(source).err().unwrap_or_else(|| panic!("it was taken: {shown}"));
        assert_eq!(fault.part, Part::Html, "{shown}");
        match fault.code {
            Code::TemplateSyntaxError => {
                let place = fault.place.unwrap();
                assert!(
                    place.line >= 1 && place.column >= 1 && !fault.words.is_empty(),
                    "{shown}: {fault:?}"
                );
            }
            Code::TooLong | Code::Blank | Code::InvalidCharacters => {}
            other => panic!("{shown}: {other}"),
        }
    }
}

/// What looks hostile and is not: rendered, within limits.
#[test]
fn what_is_harmless_is_rendered() {
    for (source, said) in [
        ("{{ brand }}", "Sereno"),
        ("{{- brand -}}", "Sereno"),
        ("{{ brand|upper }} {{ brand|lower|capitalize }}", "SERENO Sereno"),
        ("{{ code|default('none') }}", "1234-5678"),
        ("{{ code|length }}", "9"),
        (
            "{% if code == '1234-5678' and not (brand != 'Sereno') %}yes{% else %}no{% endif %}",
            "yes",
        ),
        ("{% if '12' in code %}yes{% elif code %}no{% endif %}", "yes"),
        ("{{ code[0] }}{{ code[-1] }}{{ code[1:3] }}", "1823"),
        (
            "{% for c in code %}{% if loop.first %}{{ c }}{% endif %}{% endfor %}",
            "1",
        ),
        ("{{ 'yes' if code else 'no' }}", "yes"),
        ("{{ '{{ x }}' }}", "{{ x }}"),
        ("{# {{ unknown }} {% nothing %} #}x", "x"),
        ("a * b + c ~ {d} %} }} 100 %", "a * b + c ~ {d} %} }} 100 %"),
        ("{{ 'a\\'b' }}", "a&#39;b"),
        ("<p style=\"color:red\">{{ 5 - 3 }}</p>", "<p style=\"color:red\">2</p>"),
    ] {
        assert_eq!(html(source).as_deref().map_err(Fault::line), Ok(said), "{source}");
    }
}

#[test]
fn values_are_escaped_in_html_alone_and_a_subject_is_one_line() {
    let source = EmailSource {
        subject: "Hello {{ name }}".to_owned(),
        text: "{{ name }}".to_owned(),
        html: "<b>{{ name }}</b> {{ name|trim }} {{ name|upper }}".to_owned(),
    };
    let mail = check(&source, &NAMES, &sample()).unwrap();
    assert!(!mail.html.to_lowercase().contains("<script"), "{}", mail.html);
    assert!(
        mail.html.starts_with("<b>Ana &#60;script&#62;") && mail.html.contains("&#34;co&#34;"),
        "{}",
        mail.html
    );
    assert!(mail.text.starts_with("Ana <script>"), "{}", mail.text);
    assert_eq!(
        mail.subject,
        "Hello Ana <script>alert(1)</script> & \"co\" 'x' Bcc: evil@example.org"
    );
    let many = EmailSource {
        subject: "{{ name }}".repeat(100),
        ..source
    };
    assert_eq!(
        check(&many, &NAMES, &sample()).unwrap().subject.chars().count(),
        SUBJECT_MAX
    );
}

#[test]
fn line_breaks_in_the_source_of_a_subject_are_refused() {
    for subject in ["a\r\nBcc: x@example.org", "a\nb", "a\tb", "a\0b"] {
        let source = EmailSource {
            subject: subject.to_owned(),
            ..with_html("x")
        };
        let faults = check(&source, &NAMES, &sample()).err().unwrap();
        assert_eq!(
            (faults[0].part, faults[0].code),
            (Part::Subject, Code::InvalidCharacters)
        );
    }
}

#[test]
fn faults_say_where_and_each_part_has_its_own() {
    for (source, line, column, words) in [
        ("a\nb {{ unknown }}", 2, 6, "there is no variable unknown"),
        ("a\n\n  {% if link %}", 3, 1, ""),
        ("é {{ link|nothing }}", 1, 11, "there is no filter nothing"),
        ("{{ link ~ 'x' }}", 1, 9, "~ is no part of this language"),
        ("x\n{% set a = 1 %}", 2, 4, "set is no part of this language"),
        ("x {{ link", 1, 3, "}} is missing"),
        ("x {{ 'link }}", 1, 6, "the quotation has no end"),
    ] {
        let fault = html(source).unwrap_err();
        let place = fault.place.unwrap();
        assert_eq!(place.line, line, "{source}: {fault:?}");
        if words.is_empty() {
            continue;
        }
        assert_eq!((place.column, fault.words.as_str()), (column, words), "{source}");
    }
    let source = EmailSource {
        subject: "{{ a }}".to_owned(),
        text: "{{".to_owned(),
        html: "{% set %}".to_owned(),
    };
    let faults = check(&source, &NAMES, &sample()).err().unwrap();
    let parts: Vec<Part> = faults.iter().map(|fault| fault.part).collect();
    assert_eq!(parts, [Part::Subject, Part::Text, Part::Html]);
    let field = faults[0].field();
    assert_eq!(
        (field.params["line"].as_u64(), field.params["column"].as_u64()),
        (Some(1), Some(4))
    );
}

/// Whatever a template that is read can do stays within its limits: steps and bytes.
#[test]
fn what_is_taken_is_bounded() {
    let long = "x".repeat(40_000);
    let big = context(&[("link", &long), ("code", "1"), ("name", "2"), ("brand", "3")]);
    for (source, words) in [
        ("{{ link }}".repeat(7), "says more than a mail may hold"),
        (
            "{% for a in link %}{{ link }}{% endfor %}".to_owned(),
            "says more than a mail may hold",
        ),
        (
            "{% for a in link %}{{ a }}{% endfor %}".to_owned(),
            "takes too many steps",
        ),
        (
            "{% for a in link %}{% if link|upper == link %}{% endif %}{% endfor %}x".to_owned(),
            "takes too many steps",
        ),
    ] {
        let faults = check(&with_html(&source), &NAMES, &big).err().unwrap();
        assert_eq!(faults[0].words, words, "{source}");
    }
}
