import { createRoot } from 'react-dom/client';
import '@xyflow/react/dist/base.css';
import './styles.css';
import { App } from './app.js';
import { applySettings } from './live/settings.js';

applySettings();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
