//! One e-mail template in one language: what is in use, the editor, publishing, test mails, and its versions.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};
use sereno_types::{
    Code, EmailPreview, EmailSource, EmailTemplateDetail, EmailVersionQuery, EmailVersionRow, Page, Permission, Problem,
};

#[cfg(feature = "ssr")]
use super::email_template_versions::as_seen;

use crate::{
    console::{
        Breadcrumb,
        address::said,
        email_template_conflict::{Conflict, conflicting_email_template},
        email_template_editor::{Editor, SaveEmailTemplate},
        email_template_new::{CustomFields, lines_of},
        email_template_preview::{Wishes, preview_email_template},
        email_template_versions::{Versions, email_versions},
        email_templates::{Coverage, PATH, language_name},
        may,
    },
    ui::{
        alert::{Alert, Done, Tone},
        confirm::Confirm,
        field::{Field, Hidden},
        form::{Attempt, Form, Submit},
        heading::Heading,
        icon::Icon,
        loaded::loaded,
        unsaved::{SaveFirst, Unsaved},
    },
    visit,
};

#[server(name = LoadEmailTemplate, prefix = "/console/fn", endpoint = "email_template")]
pub(crate) async fn email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
) -> Result<(EmailTemplateDetail, String), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let detail = sereno_core::templates::show::detail(&member.sereno, &member.staff, &name, &language)
        .await
        .map_err(gate::refuse)?;
    let seen = sereno_core::templates::show::version(&member.sereno, &detail).map_err(gate::refuse)?;
    Ok((detail, seen))
}

#[server(prefix = "/console/fn", endpoint = "publish_email_template")]
pub(crate) async fn publish_email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] seen: String,
) -> Result<(), Problem> {
    use crate::gate;
    let mut member = gate::staff().await?;
    member.meta.if_match = as_seen(&seen);
    let command = sereno_types::PublishEmailTemplate::default();
    let place = (name.as_str(), language.as_str());
    sereno_core::templates::publish::publish(&member.sereno, &member.meta, &member.staff, place, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{name}/{language}?done=published"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "discard_email_draft")]
pub(crate) async fn discard_email_draft(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] seen: String,
) -> Result<(), Problem> {
    use crate::gate;
    let mut member = gate::staff().await?;
    member.meta.if_match = as_seen(&seen);
    sereno_core::templates::draft::discard(&member.sereno, &member.meta, &member.staff, (&name, &language))
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{name}/{language}?done=discarded"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "retire_email_template")]
pub(crate) async fn retire_email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] seen: String,
) -> Result<(), Problem> {
    use crate::gate;
    let mut member = gate::staff().await?;
    member.meta.if_match = as_seen(&seen);
    sereno_core::templates::publish::retire(&member.sereno, &member.meta, &member.staff, (&name, &language))
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{name}/{language}?done=retired"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "test_email_template")]
pub(crate) async fn test_email_template(
    #[server(default)] name: String,
    #[server(default)] language: String,
    #[server(default)] to: String,
) -> Result<(), Problem> {
    use crate::gate;
    let member = gate::staff().await?;
    let command = sereno_types::TestEmailTemplate { to: Some(to) };
    let place = (name.as_str(), language.as_str());
    sereno_core::templates::preview::send(&member.sereno, &member.meta, &member.staff, place, command)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}/{name}/{language}?done=sent"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "update_email_template")]
pub(crate) async fn update_email_template(
    #[server(default)] name: String,
    #[server(default)] seen: String,
    #[server(default)] title: String,
    #[server(default)] description: String,
    #[server(default)] variables: String,
) -> Result<(), Problem> {
    use crate::{console::email_template_new as new, gate};
    let mut member = gate::staff().await?;
    member.meta.if_match = as_seen(&seen);
    let command = sereno_types::UpdateEmailTemplate {
        title: Some(title),
        description: Some(description),
        variables: Some(new::variables_of(&variables)),
    };
    sereno_core::templates::custom::update(&member.sereno, &member.meta, &member.staff, &name, command)
        .await
        .map_err(gate::refuse)
        .map_err(new::at_lines)?;
    gate::go_to(&format!("{PATH}/{name}/en?done=changed"));
    Ok(())
}

#[server(prefix = "/console/fn", endpoint = "delete_email_template")]
pub(crate) async fn delete_email_template(
    #[server(default)] name: String,
    #[server(default)] seen: String,
) -> Result<(), Problem> {
    use crate::gate;
    let mut member = gate::staff().await?;
    member.meta.if_match = as_seen(&seen);
    sereno_core::templates::custom::delete(&member.sereno, &member.meta, &member.staff, &name)
        .await
        .map_err(gate::refuse)?;
    gate::go_to(&format!("{PATH}?done=deleted"));
    Ok(())
}

/// What there is to show.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TemplateSeen {
    /// The template.
    pub template: EmailTemplateDetail,
    /// Its version.
    pub seen: String,
    /// What was published.
    pub versions: Page<EmailVersionRow>,
    /// The mail as it is saved, or why there is none.
    pub saved: Result<EmailPreview, Problem>,
    /// What somebody else saved meanwhile, where saving was refused for that before this page.
    pub conflict: Option<Conflict>,
}

/// Which page it is; how the preview is wanted is no part of it, so that what is typed stays when that changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    name: String,
    language: String,
    versions: EmailVersionQuery,
}

fn read(params: &ParamsMap, asked: &ParamsMap) -> Asked {
    Asked {
        name: params.get("name").unwrap_or_default(),
        language: params.get("language").unwrap_or_default(),
        versions: EmailVersionQuery {
            limit: said(asked, "limit").and_then(|value| value.parse().ok()),
            cursor: said(asked, "cursor"),
        },
    }
}

/// What was typed before this page, where it was refused because somebody else was faster.
fn late() -> Option<EmailSource> {
    let flash = visit::flash_of(<SaveEmailTemplate as ServerFn>::PATH)?;
    let said = |name: &str| flash.values.iter().find(|(field, _)| field == name);
    let said = |name: &str| said(name).map(|(_, value)| value.clone()).unwrap_or_default();
    (flash.problem.code == Code::PreconditionFailed).then(|| EmailSource {
        subject: said("subject"),
        text: said("text"),
        html: said("html"),
    })
}

/// `/console/email-templates/{name}/{language}`.
#[component]
pub fn EmailTemplatePage() -> impl IntoView {
    let (params, asked) = (use_params_map(), use_query_map());
    let query = Memo::new(move |_| params.with(|params| asked.with(|asked| read(params, asked))));
    let wishes = Memo::new(move |_| asked.with(Wishes::of_address));
    let page = Resource::new(
        move || query.get(),
        move |asked| look_up(asked, wishes.get_untracked(), late()),
    );
    let says = move |name: &'static str| asked.with(|asked| asked.get(name).unwrap_or_default());
    let notice = Signal::derive(move || notice(&says("done")));
    let confirm = Signal::derive(move || says("confirm"));
    let restore = Signal::derive(move || says("restore"));
    loaded(page, move |seen| {
        // as a function, so that another template is never shown around the fields of the one before, with what was typed there
        move || view! { <EmailTemplateView seen=seen.clone() wishes notice confirm restore /> }
    })
}

async fn look_up(asked: Asked, wishes: Wishes, late: Option<EmailSource>) -> Result<TemplateSeen, Problem> {
    let (name, language) = (asked.name, asked.language);
    let (template, seen) = email_template(name.clone(), language.clone()).await?;
    let versions = email_versions(name.clone(), language.clone(), Some(asked.versions)).await?;
    let conflict = match late {
        Some(typed) => conflicting_email_template(name.clone(), language.clone(), typed)
            .await
            .ok(),
        None => None,
    };
    let saved = preview_email_template(name, language, None, None, wishes).await;
    Ok(TemplateSeen {
        template,
        seen,
        versions,
        saved,
        conflict,
    })
}

/// What has just been done. The address holds a word, the sentence stands here.
fn notice(word: &str) -> Option<&'static str> {
    match word {
        "created" => Some("The template is made. Write its text, then publish it."),
        "saved" => Some("The draft is saved. Mails leave as before until you publish it."),
        "published" => Some("The draft is published: mails leave in its words from now on."),
        "discarded" => Some("The draft is thrown away."),
        "retired" => Some("Nothing of yours is in use any more. Your versions stay below."),
        "restored" => Some("The earlier version is published again."),
        "sent" => Some("The test mail is on its way."),
        "changed" => Some("The template is saved."),
        _ => None,
    }
}

/// The template, once known.
#[component]
pub fn EmailTemplateView(
    /// What there is to show.
    seen: TemplateSeen,
    /// How the preview is wanted.
    #[prop(into)]
    wishes: Signal<Wishes>,
    /// What has just been done.
    notice: Signal<Option<&'static str>>,
    /// What the address asks to be confirmed.
    confirm: Signal<String>,
    /// The version that the address asks to go back to.
    restore: Signal<String>,
) -> impl IntoView {
    let TemplateSeen {
        template,
        seen,
        versions,
        saved,
        conflict,
    } = seen;
    let unsaved = Unsaved::begin();
    let may_manage = may(Permission::EmailTemplatesManage);
    let title = format!("{} in {}", template.title, language_name(&template.language));
    let coverage = sereno_types::EmailCoverage {
        language: template.language.clone(),
        is_shipped: template.shipped.is_some(),
        live: template.live.as_ref().map(|live| live.row.version),
        has_draft: template.draft.is_some(),
        broken_since: template.broken_since.clone(),
        is_outdated: template.is_outdated,
    };
    view! {
        <Breadcrumb above=vec![("/console", "Overview"), (PATH, "E-mail templates")] here=title.clone() />
        {move || notice.get().map(|notice| view! { <Done>{notice}</Done> })}
        <div class="flex flex-wrap items-start justify-between gap-4">
            <div class="grid min-w-0 gap-2">
                <Heading title />
                <p class="max-w-prose text-soft">{template.description.clone()}</p>
                <p class="flex flex-wrap gap-1.5">
                    <Coverage coverage />
                </p>
            </div>
            {may_manage.then(|| view! { <Actions template=template.clone() seen=seen.clone() /> })}
        </div>
        <Languages name=template.name.clone() here=template.language.clone() />
        <Warnings template=template.clone() />
        <Questions template=template.clone() seen=seen.clone() confirm />
        <Editor template=template.clone() seen=seen.clone() wishes saved conflict unsaved />
        {may_manage.then(|| view! { <SendTest template=template.clone() /> })}
        <Versions template=template.clone() seen=seen.clone() versions restore />
        {(may_manage && template.is_custom).then(|| view! { <Own template=template.clone() seen /> })}
    }
}

#[component]
fn Languages(name: String, here: String) -> impl IntoView {
    let links = ["en", "de", "es"]
        .into_iter()
        .map(|language| {
            let current = (language == here).then_some("page");
            view! {
                <li>
                    <a href=format!("{PATH}/{name}/{language}") aria-current=current>
                        {language_name(language)}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Languages">
            <ul class="tabs">{links}</ul>
        </nav>
    }
}

#[component]
fn Warnings(template: EmailTemplateDetail) -> impl IntoView {
    let compare = format!(
        "{PATH}/{}/{}/compare?from=shipped&to=live",
        template.name, template.language
    );
    let broken = template.broken_since.is_some().then(|| {
        let how = template.broken_reason.clone().unwrap_or_default();
        view! {
            <Alert tone=Tone::Bad>
                <p>
                    <strong>"The version in use fails."</strong>
                    " What is shipped leaves instead, so no mail is lost. Mend the draft and publish it. " {how}
                </p>
            </Alert>
        }
    });
    let again = compare.clone();
    let outdated = template.is_outdated.then(|| {
        view! {
            <Alert tone=Tone::Warn>
                <p>
                    <strong>"The shipped default has changed"</strong>
                    " since your version was begun. " <a class="link" href=compare>
                        "Compare them"
                    </a>
                </p>
            </Alert>
        }
    });
    let differs = (template.live.is_some() && template.shipped.is_some() && !template.is_outdated).then(|| {
        view! {
            <p class="text-soft">
                "Differs from the shipped default. " <a class="link" href=again>
                    "Compare them"
                </a>
            </p>
        }
    });
    view! {
        {broken}
        {outdated}
        {differs}
    }
}

#[component]
fn Actions(template: EmailTemplateDetail, seen: String) -> impl IntoView {
    let action = ServerAction::<PublishEmailTemplate>::new();
    let attempt = Attempt::of(action);
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    let publish = template.draft.is_some().then(|| {
        view! {
            <Form action attempt class="contents">
                <Hidden name="name" value=template.name.clone() />
                <Hidden name="language" value=template.language.clone() />
                <Hidden name="seen" value=seen />
                <Submit label="Publish draft" icon=Icon::Check class="button" after_saving=true />
            </Form>
            <a class="button" href=format!("{path}/compare?from=live&to=draft")>
                "Compare with what is in use"
            </a>
            <a class="button" href=format!("{path}?confirm=discard") data-noscroll>
                "Throw draft away"
            </a>
        }
    });
    let retire = template.live.is_some().then(|| {
        let label = if template.is_custom {
            "Take out of use"
        } else {
            "Back to the default"
        };
        view! {
            <a class="button" href=format!("{path}?confirm=retire") data-noscroll>
                {label}
            </a>
        }
    });
    let delete = template.is_custom.then(|| {
        view! {
            <a class="button button-danger" href=format!("{path}?confirm=delete") data-noscroll>
                {Icon::Trash.draw()}
                "Delete"
            </a>
        }
    });
    let waits = template
        .draft
        .is_some()
        .then(|| view! { <SaveFirst what="published" /> });
    view! {
        <div class="grid gap-2">
            <div class="flex flex-wrap gap-3">{publish} {retire} {delete}</div>
            {waits}
        </div>
    }
}

/// What is asked before something is taken away.
#[component]
fn Questions(template: EmailTemplateDetail, seen: String, confirm: Signal<String>) -> impl IntoView {
    let asks = move |word: &'static str| Signal::derive(move || confirm.get() == word);
    view! {
        <Discard template=template.clone() seen=seen.clone() open=asks("discard") />
        <Retire template=template.clone() seen=seen.clone() open=asks("retire") />
        {template.is_custom.then(|| view! { <Delete template=template.clone() seen open=asks("delete") /> })}
    }
}

#[component]
fn Discard(template: EmailTemplateDetail, seen: String, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<DiscardEmailDraft>::new();
    let attempt = Attempt::of(action);
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    view! {
        <Confirm id="discard" title="Throw the draft away?" open cancel=path>
            <p>"What it says is lost. What is in use stays as it is."</p>
            <Form action attempt>
                <Hidden name="name" value=template.name />
                <Hidden name="language" value=template.language />
                <Hidden name="seen" value=seen />
                <SaveFirst what="kept" />
                <Submit
                    label="Throw away"
                    class="button button-danger justify-self-start"
                    icon=Icon::Trash
                    after_saving=true
                />
            </Form>
        </Confirm>
    }
}

#[component]
fn Retire(template: EmailTemplateDetail, seen: String, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<RetireEmailTemplate>::new();
    let attempt = Attempt::of(action);
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    let back = if template.is_custom {
        "Nothing can be sent by it in this language until you publish again. Its versions stay."
    } else {
        "Mails leave as they are shipped from now on. Your versions stay, and you can go back to any of them."
    };
    view! {
        <Confirm id="retire" title="Stop using your version?" open cancel=path>
            <p>{back}</p>
            <Form action attempt>
                <Hidden name="name" value=template.name />
                <Hidden name="language" value=template.language />
                <Hidden name="seen" value=seen />
                <SaveFirst what="kept" />
                <Submit label="Stop using it" class="button button-danger justify-self-start" after_saving=true />
            </Form>
        </Confirm>
    }
}

#[component]
fn Delete(template: EmailTemplateDetail, seen: String, open: Signal<bool>) -> impl IntoView {
    let action = ServerAction::<DeleteEmailTemplate>::new();
    let attempt = Attempt::of(action);
    let path = format!("{PATH}/{}/{}", template.name, template.language);
    view! {
        <Confirm id="delete" title=format!("Delete {}?", template.title) open cancel=path>
            <p>
                "Its texts in all languages go with all their versions. Services that send it are refused. This cannot be undone."
            </p>
            <Form action attempt>
                <Hidden name="name" value=template.name />
                <Hidden name="seen" value=seen />
                <Submit label="Delete template" class="button button-danger justify-self-start" icon=Icon::Trash />
            </Form>
        </Confirm>
    }
}

#[component]
fn SendTest(template: EmailTemplateDetail) -> impl IntoView {
    let action = ServerAction::<TestEmailTemplate>::new();
    let attempt = Attempt::of(action);
    view! {
        <section class="card grid grid-cols-1 gap-3 p-5">
            <h2 class="text-base font-semibold">"Test mail"</h2>
            <p class="text-soft">
                "Sends the draft, else what is in use, with samples, the way all mails go. The subject begins with [Test]."
            </p>
            <Form action attempt>
                <Hidden name="name" value=template.name />
                <Hidden name="language" value=template.language />
                <Field name="to" label="To" hint="Empty: your own confirmed address." optional=true />
                <SaveFirst what="sent" />
                <Submit label="Send test mail" class="button justify-self-start" icon=Icon::Mail after_saving=true />
            </Form>
        </section>
    }
}

/// What a template of staff's own is called, and what it may name.
#[component]
fn Own(template: EmailTemplateDetail, seen: String) -> impl IntoView {
    let action = ServerAction::<UpdateEmailTemplate>::new();
    let says = vec![
        ("title".to_owned(), template.title),
        ("description".to_owned(), template.description),
        ("variables".to_owned(), lines_of(&template.variables)),
    ];
    let attempt = Attempt::of(action).completed_by(says);
    view! {
        <section class="grid grid-cols-1 gap-4">
            <h2 class="text-lg font-semibold">"The template"</h2>
            <Form action attempt>
                <Hidden name="name" value=template.name />
                <Hidden name="seen" value=seen />
                <fieldset class="card grid grid-cols-1 gap-4 p-5">
                    <legend class="sr-only">"Name and variables"</legend>
                    <CustomFields />
                </fieldset>
                <SaveFirst what="kept" />
                <Submit label="Save template" class="button justify-self-start" after_saving=true />
            </Form>
        </section>
    }
}
