// Starts the page.

import { App } from "./app.js";
import { Connection } from "./connection.js";
import { Session } from "./session.js";
import { startTheme } from "./theme.js";

startTheme();
const session = new Session();
const connection = new Connection(session);
new App(document.getElementById("app"), session, connection);
connection.start();
