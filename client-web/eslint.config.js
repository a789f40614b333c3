import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["dist", "node_modules", "src/net/protocol.gen.ts"] },
    ...tseslint.configs.strictTypeChecked,
    {
        languageOptions: {
            parserOptions: {
                projectService: { allowDefaultProject: ["eslint.config.js", "scripts/*.mjs"] },
                tsconfigRootDir: import.meta.dirname,
            },
        },
        rules: {
            "no-console": "error",
            "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }],
            // `const { event: _tag, ...rest }` drops the tag.
            "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_" }],
            "@typescript-eslint/no-confusing-void-expression": [
                "error",
                { ignoreArrowShorthand: true },
            ],
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
            "@typescript-eslint/switch-exhaustiveness-check": [
                "error",
                { considerDefaultExhaustiveForUnions: true },
            ],
            // Browser APIs live behind one file each.
            "no-restricted-globals": [
                "error",
                { name: "RTCPeerConnection", message: "only net/rtc.ts names RTCPeerConnection" },
                { name: "WebSocket", message: "only net/socket.ts opens sockets" },
            ],
        },
    },
    { files: ["src/net/rtc.ts", "src/net/socket.ts"], rules: { "no-restricted-globals": "off" } },
    {
        files: ["*.js", "scripts/*.mjs"],
        extends: [tseslint.configs.disableTypeChecked],
        rules: { "no-console": "off" },
    },
);
