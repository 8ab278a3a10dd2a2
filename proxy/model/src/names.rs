//! Names on the wire of values that there are few of.

use crate::api::{
    ApiKeySource, AuthorizerType, ConnectionType, ContentHandling, EndpointType, PassthroughBehavior,
    ResponseTransferMode,
};

macro_rules! names {
    ($($of:ident: $($value:ident = $name:literal),*;)*) => {
        $(impl $of {
            /// All values by their names.
            pub const NAMES: &[(&str, Self)] = &[$(($name, Self::$value)),*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)*
                }
            }
        })*
    };
}

names! {
    ApiKeySource: Header = "HEADER", Authorizer = "AUTHORIZER";
    EndpointType: Edge = "EDGE", Regional = "REGIONAL", Private = "PRIVATE";
    PassthroughBehavior: WhenNoMatch = "WHEN_NO_MATCH", WhenNoTemplates = "WHEN_NO_TEMPLATES", Never = "NEVER";
    ContentHandling: ConvertToBinary = "CONVERT_TO_BINARY", ConvertToText = "CONVERT_TO_TEXT";
    ConnectionType: Internet = "INTERNET", VpcLink = "VPC_LINK";
    ResponseTransferMode: Buffered = "BUFFERED", Stream = "STREAM";
    AuthorizerType: Token = "TOKEN", Request = "REQUEST", CognitoUserPools = "COGNITO_USER_POOLS", Jwt = "JWT";
}
