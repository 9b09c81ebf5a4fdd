export default () => <h1>Owned</h1>;
