/** Of exchange and queue. */
export const bareReports = 'bare.reports'
