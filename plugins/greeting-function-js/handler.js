// A handler as AWS Lambda knows it. Put your own in its place; index.js says what it gets.
export const handler = async (event, context) => {
    const name = event.queryStringParameters?.name ?? "world";
    return {
        statusCode: 200,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ message: `Hello, ${name}`, path: event.path }),
    };
};
