export default () => <h1>Settings</h1>;
