// Backstage's own code over what we made. Each line of standard input is {"entities", "forms", "texts"} as JSON; it
// writes a line with {"entities": [[[error or null, reference, entity]]], "forms": [...], "texts": [...]}.
const readline = require('node:readline');
const model = require('@backstage/catalog-model');
const { templateEntityV1beta3Validator } = require('@backstage/plugin-scaffolder-common');
const { retrieveSchema, getDefaultFormState } = require('@rjsf/utils');
const validator = require('@rjsf/validator-ajv8').default;
const { validate } = require('jsonschema');
const { createTemplateRenderer } = require('nunjitsu');
const yaml = require('yaml');

const policy = model.EntityPolicies.allOf([
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
]);
const kinds = {
  Component: model.componentEntityV1alpha1Validator,
  System: model.systemEntityV1alpha1Validator,
  Group: model.groupEntityV1alpha1Validator,
  Location: model.locationEntityV1alpha1Validator,
  Template: templateEntityV1beta3Validator,
};

// A file of several documents, as the catalog's parser reads it.
async function entities(text) {
  const results = [];
  for (const document of yaml.parseAllDocuments(text, { merge: true })) {
    if (document.errors.length) {
      results.push([document.errors[0].message, null]);
      continue;
    }
    const entity = document.toJSON();
    try {
      const enforced = await policy.enforce(entity);
      const known = await kinds[entity.kind].check(enforced);
      results.push([known ? null : 'no validator knows it', model.stringifyEntityRef(entity), entity]);
    } catch (error) {
      results.push([error.message, entity.kind]);
    }
  }
  return results;
}

// What a person sees and may send: the form's fields for these values, its complaints, and the backend's.
function form({ page, values }) {
  const state = getDefaultFormState(validator, page, values, page);
  const shown = retrieveSchema(validator, page, page, state);
  const { errors } = validator.validateFormData(state, page);
  return {
    fields: Object.keys(shown.properties ?? {}),
    state,
    form: errors.map(error => error.stack),
    backend: validate(state, page).errors.map(String),
  };
}

// As the scaffolder renders values; filters of its own are not used by the templates.
function text({ source, context }) {
  return createTemplateRenderer().renderValue(source, context, { coercion: 'json' }) ?? null;
}

async function answer(asked) {
  const told = { forms: (asked.forms ?? []).map(form), texts: (asked.texts ?? []).map(text), entities: [] };
  for (const each of asked.entities ?? []) told.entities.push(await entities(each));
  return told;
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
})();
