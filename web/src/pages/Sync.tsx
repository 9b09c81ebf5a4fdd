export default () => <h1>Sync</h1>;
