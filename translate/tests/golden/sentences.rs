//! Sentences and what the models make of them: recorded from fxtranslate 0.5.0 with the models
//! `bergamot-enpt` and `bergamot-pten`, and read through. One is plainly wrong
//! and kept as a witness of what a 17 MB model does: the dishwasher-safe cup became a kitchen.

/// A host selling in English.
pub(crate) const ENGLISH_TO_PORTUGUESE: &[(&str, &str)] = &[
    (
        "Welcome everybody, thank you for joining the live show tonight.",
        "Bem-vindo a todos, obrigado por se juntar ao show ao vivo esta noite.",
    ),
    (
        "This lamp is handmade and costs only $49.99.",
        "Esta lâmpada é feita à mão e custa apenas US $ 49,99.",
    ),
    (
        "We have just 12 pieces left in stock.",
        "Temos apenas 12 peças em estoque.",
    ),
    (
        "If you order in the next 10 minutes, shipping is free.",
        "Se você pedir nos próximos 10 minutos, o envio é gratuito.",
    ),
    (
        "The jacket is available in sizes S, M, L and XL.",
        "A jaqueta está disponível nos tamanhos S, M, L e XL.",
    ),
    (
        "It weighs 350 grams and fits in every handbag.",
        "Pesa 350 gramas e se encaixa em cada bolsa.",
    ),
    (
        "I have been using this cream for 3 weeks and my skin feels great.",
        "Eu tenho usado este creme por 3 semanas e minha pele se sente grande.",
    ),
    (
        "The battery lasts up to 24 hours on a single charge.",
        "A bateria dura até 24 horas com uma única carga.",
    ),
    (
        "You save 30% compared to the price in the shop.",
        "Você economiza 30% em comparação com o preço na loja.",
    ),
    (
        "Can you show us the blue one, please?",
        "Você pode nos mostrar o azul, por favor?",
    ),
    (
        "The ceramic cup is dishwasher safe.",
        "A cozinha está equipada com uma máquina de lavar louça.",
    ),
    (
        "We ship to Brazil and Portugal within 5 working days.",
        "Nós enviamos para o Brasil e Portugal dentro de 5 dias úteis.",
    ),
    (
        "Use the code SUMMER25 at checkout.",
        "Use o código SUMMER25 no checkout.",
    ),
    (
        "This is the last one, so be quick!",
        "Este é o último, então seja rápido!",
    ),
    (
        "The leather comes from a small workshop in Italy.",
        "O couro vem de uma pequena oficina na Itália.",
    ),
    (
        "It has two pockets inside and a zipper on the side.",
        "Tem dois bolsos dentro e um zíper do lado.",
    ),
    (
        "Somebody asked whether it is waterproof: yes, it is.",
        "Alguém perguntou se é à prova d'água: sim, é.",
    ),
    (
        "You can return it within 30 days if you do not like it.",
        "Você pode devolvê-lo dentro de 30 dias, se você não gostar.",
    ),
    (
        "The set includes 6 plates, 6 bowls and 2 serving dishes.",
        "O conjunto inclui 6 pratos, 6 tigelas e 2 pratos de serviço.",
    ),
    (
        "Our next product is a wooden chair from 1960.",
        "Nosso próximo produto é uma cadeira de madeira de 1960.",
    ),
    (
        "Let me put it on the table so that you can see it better.",
        "Deixe-me colocá-lo sobre a mesa para que você possa vê-la melhor.",
    ),
    (
        "The price goes up to $89 tomorrow.",
        "O preço vai até $89 amanhã.",
    ),
];

/// A host selling in Portuguese.
pub(crate) const PORTUGUESE_TO_ENGLISH: &[(&str, &str)] = &[
    (
        "Bem-vindos à nossa transmissão ao vivo.",
        "Welcome to our live stream.",
    ),
    (
        "Este vestido custa apenas R$ 149,90.",
        "This dress costs only R$ 149.90.",
    ),
    (
        "Temos só 8 unidades em estoque.",
        "We have only 8 units in stock.",
    ),
    (
        "O frete é grátis para compras acima de 200 reais.",
        "Shipping is free for purchases over 200 reais.",
    ),
    (
        "Esta bolsa é feita à mão em Minas Gerais.",
        "This bag is handmade in Minas Gerais.",
    ),
    (
        "Vocês podem pagar em até 6 vezes sem juros.",
        "You can pay up to 6 times without interest.",
    ),
    (
        "O café foi colhido há 3 meses e torrado ontem.",
        "The coffee was harvested 3 months ago and roasted yesterday.",
    ),
    ("Qual é o seu tamanho?", "What is your size?"),
    ("A garantia é de 12 meses.", "The warranty is 12 months."),
    (
        "Quem comprar hoje ganha 15% de desconto.",
        "Who buys today gets 15% discount.",
    ),
    (
        "A cor preta já esgotou, mas ainda temos a azul.",
        "The black color has already exhausted, but we still have the blue.",
    ),
    (
        "Muito obrigada por assistir e até amanhã!",
        "Thank you so much for watching and until tomorrow!",
    ),
];
