//! The guides list every setting, every metric and every field of a snapshot.

use metrics_exporter_prometheus::PrometheusBuilder;
use resilient::budget::BudgetConfig;
use resilient::{BreakerConfig, CircuitBreaker, Registry, RetryPolicy};

const SETTINGS: &str = include_str!("../../docs/settings.md");
const OPERATING: &str = include_str!("../../docs/operating.md");
const ALARMS: &str = include_str!("../../examples/prometheus/alarms.yml");
const TESTS_OF_ALARMS: &str = include_str!("../../examples/prometheus/alarms_test.yml");

/// Returns each text between two backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the names in the first column of the tables in the section with this heading.
fn rows_under<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let (_, after) = page.split_once(heading).expect("the heading is there");
    let level = heading.trim_start().split(' ').next().expect("the level of the heading");
    let section = after.split(&format!("\n{level} ")).next().unwrap_or(after);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" |").next());
    cells.flat_map(quoted).collect()
}

/// Returns the metrics of a breaker, a budget and a retry in the form that Prometheus scrapes.
fn scraped() -> String {
    let exporter = PrometheusBuilder::new().with_recommended_naming(true);
    let recorder = exporter.install_recorder().unwrap();
    let _ = Registry::global().get_or_register("payments", BreakerConfig::default());
    let _ = Registry::global().get_or_register_budget("payments", BudgetConfig::default());
    let _ = Registry::global().get_or_register_retry("payments", RetryPolicy::default());
    Registry::measure_durations(true);
    let breaker = Registry::global().get("payments").unwrap();
    breaker.try_acquire().unwrap().scope(|| ());
    Registry::global().record_metrics();
    recorder.render()
}

#[test]
fn every_metric_and_every_label_in_the_guide_is_recorded() {
    let scraped = scraped();
    let rules = ALARMS;
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = rules.split(|c| !is_in_name(c));
    let names: Vec<_> = words.filter(|word| word.starts_with("resilient_")).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(scraped.contains(&format!("\n{name}{{")), "{name}");
    }
    let mut values = 0;
    for label in ["state", "result", "to"] {
        for part in rules.split(&format!("{{{label}=")).skip(1) {
            let list = part.trim_start_matches(['~', '"']).split('"').next();
            for value in list.unwrap().split('|') {
                values += 1;
                let expected = format!("{label}=\"{value}\"");
                assert!(scraped.contains(&expected), "{expected}");
            }
        }
    }
    assert!(values > 10, "{values}");
    let table = rows_under(OPERATING, "\n## Metrics\n");
    assert!(table.len() >= 15, "{table:?}");
    for name in table {
        assert!(scraped.contains(&name.replace('.', "_")), "{name}");
    }
}

#[test]
fn every_alarm_is_in_the_guide_with_what_to_do_and_has_a_test() {
    let (_, rules) = OPERATING.split_once("```yaml\n").unwrap();
    let (rules, _) = rules.split_once("```").unwrap();
    assert!(ALARMS.ends_with(rules) && rules.starts_with("groups:"), "copy the rules of the file");

    let alarms = ALARMS.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let alarms: Vec<_> = alarms.collect();
    let mut rows = rows_under(OPERATING, "\n## Alarms\n");
    rows.sort_unstable();
    let mut sorted = alarms.clone();
    sorted.sort_unstable();
    assert_eq!(rows, sorted);
    for alarm in alarms {
        // Each alarm must be expected somewhere, and not only be absent.
        let expected = format!("alertname: {alarm}\n        exp_alerts: [{{");
        assert!(TESTS_OF_ALARMS.contains(&expected), "{alarm}");
    }
}

#[test]
fn every_setting_has_a_row_in_the_guide() {
    let refused = Registry::new().apply_toml("[defaults]\nno_such_key = 1");
    let message = refused.unwrap_err().to_string();
    let (_, keys) = message.split_once("expected one of ").unwrap();
    let mut keys: Vec<_> = quoted(keys).collect();
    let mut rows = rows_under(SETTINGS, "\n## All settings\n");
    keys.sort_unstable();
    rows.sort_unstable();
    assert_eq!(rows, keys);
}

#[test]
fn every_field_of_a_snapshot_has_a_row_in_the_guide() {
    let json = serde_json::to_value(CircuitBreaker::default().snapshot()).unwrap();
    let rows = rows_under(OPERATING, "\n## Snapshots\n");
    for field in json.as_object().unwrap().keys() {
        let field = match field.as_str() {
            "since_seconds_ago" => "since",
            "retry_after_seconds" => "retry_after",
            "seconds_in_state" => "time_in_state",
            "ends_in_seconds" => "ends_in",
            "operator" | "operator_reason" | "override_table" => "note",
            other => other,
        };
        assert!(rows.contains(&field), "{field}");
    }
}
