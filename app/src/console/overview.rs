//! The first page of the console: what is going on, in figures that lead to the lists behind them.

use leptos::prelude::*;
use sereno_types::{Overview, Problem};

use crate::ui::{heading::Heading, loaded::loaded};

#[server(name = LoadOverview, prefix = "/console/fn", endpoint = "overview")]
pub(crate) async fn overview() -> Result<Overview, Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    sereno_core::account::admin::overview(&member.sereno, &member.staff)
        .await
        .map_err(gate::refuse)
}

/// `/console`.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let overview = Resource::new(|| (), |()| overview());
    loaded(overview, |overview| view! { <OverviewView overview /> })
}

/// The figures, once they are known.
#[component]
pub fn OverviewView(
    /// The figures.
    overview: Overview,
) -> impl IntoView {
    let people = vec![
        Figure::linked("All accounts", overview.users, "/console/users"),
        Figure::linked("Active", overview.active_users, "/console/users?state=active"),
        Figure::linked("Pending", overview.pending_users, "/console/users?state=pending"),
        Figure::linked("Locked", overview.locked_users, "/console/users?state=locked"),
    ];
    let sign_ins = vec![
        Figure::plain("Successful", overview.logins_24h),
        Figure::plain("Refused", overview.failed_logins_24h),
    ];
    let sessions = vec![Figure::plain("Open right now", overview.open_sessions)];
    let mails = vec![
        Figure::linked(
            "Waiting to be sent",
            overview.queued_mails,
            "/console/messages?state=queued",
        ),
        Figure::linked(
            "Could not be sent",
            overview.failed_mails,
            "/console/messages?state=failed",
        ),
    ];
    view! {
        <Heading title="Overview" />
        <div class="grid gap-4 sm:grid-cols-2">
            <Figures title="People" figures=people />
            <Figures title="Sign-ins of the last 24 hours" figures=sign_ins />
            <Figures title="Browser sessions" figures=sessions />
            <Figures title="Mail" figures=mails />
        </div>
    }
}

/// A number with its name, and the list that it counts.
struct Figure {
    name: &'static str,
    count: u64,
    href: Option<&'static str>,
}

impl Figure {
    const fn plain(name: &'static str, count: u64) -> Self {
        Self {
            name,
            count,
            href: None,
        }
    }

    const fn linked(name: &'static str, count: u64, href: &'static str) -> Self {
        Self {
            name,
            count,
            href: Some(href),
        }
    }
}

/// A card: the first figure is the large one.
#[component]
fn Figures(title: &'static str, figures: Vec<Figure>) -> impl IntoView {
    let rows = figures
        .into_iter()
        .map(|figure| {
            let name = match figure.href {
                Some(href) => view! {
                    <a class="link" href=href>
                        {figure.name}
                    </a>
                }
                .into_any(),
                None => figure.name.into_any(),
            };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td>{grouped(figure.count)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="card p-5">
            <table class="figures">
                <caption class="pb-2 text-start text-base font-semibold">{title}</caption>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// `1,234,567`.
#[must_use]
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }
}
