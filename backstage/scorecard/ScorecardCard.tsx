import React from 'react';
import useAsync from 'react-use/lib/useAsync';
import { InfoCard, Progress, ResponseErrorPanel } from '@backstage/core-components';
import { discoveryApiRef, fetchApiRef, useApi } from '@backstage/core-plugin-api';
import { useEntity } from '@backstage/plugin-catalog-react';

type Level = 'good' | 'fair' | 'poor' | null;
type Reason = { rule: string; text: Record<string, string> };
type Scorecard = {
  level: Level;
  computed_at: string;
  sections: Record<string, { level: Level; reasons: Reason[] }>;
};

const SIGNS = { good: '✓', fair: '!', poor: '✗' };
const shown = (level: Level) => (level ? `${SIGNS[level]} ${level}` : '? no data');
const said = (reasons: Reason[]) => {
  const language = navigator.language.startsWith('pt') ? 'pt-BR' : 'en';
  return reasons.map(reason => reason.text[language]).join('; ');
};

/** How the entity's service delivers and runs, as ValueFlow's last round saw it. */
export const ScorecardCard = () => {
  const { entity } = useEntity();
  const discovery = useApi(discoveryApiRef);
  const { fetch } = useApi(fetchApiRef);
  const name = entity.metadata.name;
  const card = useAsync(async (): Promise<Scorecard | null> => {
    const proxy = await discovery.getBaseUrl('proxy');
    const answer = await fetch(`${proxy}/valueflow/scorecards/${encodeURIComponent(name)}`);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`ValueFlow answered ${answer.status}`);
    return answer.json();
  }, [name]);

  if (card.loading) return <Progress />;
  if (card.error) return <ResponseErrorPanel error={card.error} />;
  if (!card.value) return <InfoCard title="Scorecard">No scorecard yet.</InfoCard>;
  return (
    <InfoCard title="Scorecard" subheader={`${shown(card.value.level)} · ${card.value.computed_at}`}>
      <table>
        <tbody>
          {Object.entries(card.value.sections).map(([section, { level, reasons }]) => (
            <tr key={section}>
              <th scope="row" align="left">{section}</th>
              <td>{shown(level)}</td>
              <td>{said(reasons)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </InfoCard>
  );
};
