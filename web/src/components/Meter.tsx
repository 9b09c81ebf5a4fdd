/** How far something is, of 100. */
export function Meter(props: { value: number; label: string; isResting?: boolean }) {
  return (
    <progress
      class="meter"
      classList={{ resting: props.isResting === true }}
      value={props.value}
      max={100}
      aria-label={props.label}
    />
  );
}
