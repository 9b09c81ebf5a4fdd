export default () => <h1>Insights</h1>;
